"""Commands that train a network, test it, and infer with it."""
