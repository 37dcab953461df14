"""Whole days, all pairs: real flights over Switzerland, synthetic ones over Europe."""
