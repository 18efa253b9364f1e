"""Many boards at once: a file that names them, what is done on each, and where its results are kept."""
