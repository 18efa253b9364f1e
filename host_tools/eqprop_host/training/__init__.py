"""A training run: samples go to a board, what it learns is measured, compared and logged."""
