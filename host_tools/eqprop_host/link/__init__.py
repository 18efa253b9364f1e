"""The line to a board: bytes, frames, requests and answers; each request takes effect exactly once."""
