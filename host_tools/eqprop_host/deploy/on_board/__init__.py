"""What boards run at MicroPython's prompt while eqprop is put on them: `eqprop_host.deploy.deployment` sends it.

`files` goes ahead of each of the others; `ARGUMENTS`, a dict, ahead of that.
"""
