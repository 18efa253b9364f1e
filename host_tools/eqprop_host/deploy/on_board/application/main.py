# By `eqprop deploy APP`: NAME in SLOT
import gc
import os
import select
import sys

gc.threshold(4096)
sys.path.insert(0, "ROOT/SLOT")
try:
    import eqprop.watchdog
except ImportError:  # the power failed while a new runtime replaced the old one, or Ctrl-C came within the import
    torn = False
    for kind in ("", ".mpy"):
        try:
            os.rename("LIB/eqprop-old" + kind, "LIB/eqprop" + kind)
            torn = True
        except OSError:
            pass
    if not torn:
        raise
    import eqprop.watchdog
watchdog_ms = 0
print("eqprop: NAME starts")
feed = eqprop.watchdog.start(watchdog_ms) if watchdog_ms else gc.mem_free
try:
    import main  # noqa: F401 (it is the application)
except Exception as error:
    sys.print_exception(error)
print("eqprop: the program has ended; it starts again in 5 seconds, any key stops it")
asked = select.poll()
asked.register(sys.stdin, select.POLLIN)
left = 50
while left and not asked.poll(100):
    feed()
    left -= 1
if not left:
    sys.exit()  # a soft reset, which starts this again
