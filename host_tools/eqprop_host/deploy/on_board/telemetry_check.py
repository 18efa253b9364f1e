# Report how main.py begins, from a board whose programs can tell a host what they do.
import eqprop.telemetry  # noqa: F401 (raises ImportError where it is left out)

begins = ""
if is_there("main.py"):
    with open("main.py") as file:
        begins = file.read(2000)
answer(begins)
