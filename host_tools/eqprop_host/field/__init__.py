"""Boards that run a program of their own: what they tell, what a host teaches them, and what it keeps of both."""
