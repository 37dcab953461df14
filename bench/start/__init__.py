"""Benchmarks of a start: a node with a million filed operations, from its snapshots."""
