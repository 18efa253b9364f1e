"""File readers, one module for each kind of file."""
