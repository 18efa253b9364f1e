"""Training runs: send samples to a board, then measure, compare and log what it learns."""
