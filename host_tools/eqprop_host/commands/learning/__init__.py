"""Commands that train a network, test it, and ask it."""
