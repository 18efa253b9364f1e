# By `eqprop deploy --boot`; `eqprop undeploy` takes it away
import gc
import os

import micropython

micropython.kbd_intr(-1)  # a host may speak already, and Ctrl-C is a byte of its like any other
gc.threshold(4096)
try:
    import eqprop.service
except ImportError:  # the power failed while a new runtime took the old one's place
    for kind in ("", ".mpy"):
        try:
            os.rename("LIB/eqprop-old" + kind, "LIB/eqprop" + kind)
        except OSError:
            pass
    import eqprop.service
gc.threshold(-1)
eqprop.service.main(OPTIONS)
