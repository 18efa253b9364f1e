"""Commands that repeat many runs and compare them."""
