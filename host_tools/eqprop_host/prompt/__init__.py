"""What boards run at MicroPython's prompt while eqprop is put on them: see `eqprop_host.deploying`, which sends it.

`files` goes ahead of each of the others; `ARGUMENTS`, a dict, ahead of that.
"""
