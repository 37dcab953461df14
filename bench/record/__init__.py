"""Benchmarks of the record."""
