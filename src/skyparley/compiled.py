"""How kernels are compiled: by numba; where it has no wheel, not at all, and the same code runs as Python on numpy.

Kernels import this module in numba's place (`from skyparley import compiled as nb`). Uncompiled they give the same
bits, hundreds of times slower: enough to read an answer again anywhere, not to serve a busy node.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import numpy as np

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _left_as_it_is(**_options: bool | str) -> Decorator:
    """A kernel stays Python, but its whole numbers wrap round in silence, as compiled ones do."""
    return np.errstate(over="ignore")


njit: Callable[..., Decorator] = _left_as_it_is
"""Compiles a function, by numba's options."""
with suppress(ImportError):
    from numba import njit
COMPILED: Final = njit is not _left_as_it_is
"""Whether kernels are compiled."""
