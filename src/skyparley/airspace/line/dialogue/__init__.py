"""Dialogue (pure): one question at a time between two parties, read back, answered, and never forgotten."""
