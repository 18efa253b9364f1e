# By `eqprop deploy --boot`; `eqprop undeploy` takes it away
import gc
import os

import micropython

micropython.kbd_intr(-1)  # a host may already be sending, and its bytes may include Ctrl-C
gc.threshold(4096)
try:
    import eqprop.service
except ImportError:  # the power failed while a new runtime replaced the old one
    for kind in ("", ".mpy"):
        try:
            os.rename("LIB/eqprop-old" + kind, "LIB/eqprop" + kind)
        except OSError:
            pass
    import eqprop.service
gc.threshold(-1)
eqprop.service.main(OPTIONS)
