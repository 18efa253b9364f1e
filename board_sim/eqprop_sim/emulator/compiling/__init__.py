"""Compiles sources of the runtime and of this package by numba, and keeps the machine code."""
