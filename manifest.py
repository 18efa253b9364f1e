# For those who build firmware of MicroPython: `include("PATH/manifest.py")` in a board's own freezes the runtime in it.
package("eqprop", base_path="runtime")
