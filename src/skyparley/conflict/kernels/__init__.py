"""Packed pieces, the hot index and the exact numba kernels: what `search.py` is made of."""
