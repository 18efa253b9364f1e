"""Readers of the files in which people keep data, one module a kind."""
