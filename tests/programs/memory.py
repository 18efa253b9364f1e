"""Print for each network the bytes planned, the bytes that it takes on this heap, and the bytes its refusal names.

micropython memory.py LAYERS...
"""

import gc
import sys

import eqprop

eqprop.Network("1-1")  # so that what importing and compiling leave behind is there already
for text in sys.argv[1:]:
    planned = eqprop.plan(text).bytes
    gc.collect()
    before = gc.mem_alloc()
    try:
        network = eqprop.Network(text)
    except MemoryError as error:
        print(text, planned, "refused:", error)
        continue
    gc.collect()
    print(text, planned, gc.mem_alloc() - before)
    network = None
