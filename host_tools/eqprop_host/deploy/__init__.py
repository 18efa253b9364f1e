"""Deploys the runtime to a board: compiles it, sends it through MicroPython's prompt and verifies it."""
