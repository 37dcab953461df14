"""Dialogues at a running node: said, read back, compared, and shown."""
