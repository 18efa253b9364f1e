# Run the self-test of the runtime in `folder` or, without a folder, of the one that the board's programs import. Report
# its path, its tier, and the CRC-32 that it computed.
import gc
import sys

if ARGUMENTS["folder"]:
    sys.path.insert(0, ARGUMENTS["folder"])
gc.threshold(4096)
import eqprop.selftest
import eqprop.service

gc.threshold(-1)
tier, crc = eqprop.selftest.run()
path = eqprop.__file__ if eqprop.__file__.startswith("/") else os.getcwd().rstrip("/") + "/" + eqprop.__file__
answer((tier, crc, eqprop.__version__, path))
