"""Conflict search (pure): who meets whom, when, where, by which rule; the numba kernels live here."""
