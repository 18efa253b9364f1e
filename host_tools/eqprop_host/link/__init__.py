"""The line to a board: bytes, frames, questions and answers, each of which takes effect exactly once."""
