"""How kernels are compiled: by numba; where it has no wheel, not at all, and the same code runs as Python on numpy.

Kernels import this module in numba's place (`from skyparley import compiled as nb`). Uncompiled they give the same
bits, hundreds of times slower: enough to read an answer again anywhere, not to serve a busy node.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _left_as_it_is(**_options: bool | str) -> Decorator:
    """A kernel stays Python, but its whole numbers wrap round in silence, as compiled ones do."""
    return np.errstate(over="ignore")


def _ask_for_nothing(_array: Array, _row: int) -> None:
    """Uncompiled code waits for memory less than for itself."""


njit: Callable[..., Decorator] = _left_as_it_is
"""Compiles a function, by numba's options."""
prefetch: Callable[[Array, int], None] = _ask_for_nothing
"""In a kernel: asks memory for a row of an array that will be read soon, without waiting for it. Any row will do."""
with suppress(ImportError):
    from numba import njit
COMPILED: Final = njit is not _left_as_it_is
"""Whether kernels are compiled."""
if COMPILED:
    prefetch = njit(cache=True, nogil=True)(_ask_for_nothing)  # for a numba that lacks what is imported next
with suppress(ImportError):
    from numba import types
    from numba.core.cgutils import int32_t, ir, voidptr_t  # type: ignore[attr-defined]
    from numba.extending import intrinsic

    @intrinsic
    def prefetch(_context: Any, array: Any, _row: Any) -> Any:
        """LLVM's `prefetch`: for reading (0), to be kept near (3), of data (1)."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            held = context.make_array(signature.args[0])(context, builder, arguments[0])
            octets = builder.mul(builder.extract_value(held.strides, 0), arguments[1])
            place = builder.gep(builder.bitcast(held.data, voidptr_t), [octets])
            takes = ir.FunctionType(ir.VoidType(), [voidptr_t, int32_t, int32_t, int32_t])
            ask = builder.module.declare_intrinsic("llvm.prefetch", [voidptr_t], takes)
            builder.call(ask, [place, int32_t(0), int32_t(3), int32_t(1)])
            return context.get_dummy_value()

        return types.void(array, types.intp), generate
