"""Duty at a running node: posts, watches with their notes, tests of the line."""
