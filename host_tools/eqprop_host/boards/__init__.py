"""Boards at a port or in this process: find one, train it, query it, read and write its conductances."""
