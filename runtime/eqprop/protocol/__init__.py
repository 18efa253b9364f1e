"""The protocol between host and board: frames, messages, and samples packed into records."""
