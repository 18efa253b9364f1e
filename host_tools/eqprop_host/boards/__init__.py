"""Boards at a port, or in this process: find one, train it, ask it, read and write its conductances."""
