"""What a board did without a host: its black box, and what follows from it."""
