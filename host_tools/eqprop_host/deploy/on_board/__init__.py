"""Programs that boards run at MicroPython's prompt during a deployment; `eqprop_host.deploy.deployment` sends them.

The host sends `ARGUMENTS`, a dict, then `files`, then the program.
"""
