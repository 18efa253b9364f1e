"""Commands for boards that run a program of their own."""
