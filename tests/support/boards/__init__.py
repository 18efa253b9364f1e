"""Boards, ports and lines that do what a test asks of them."""
