"""`warm` uses every kernel that Python calls: what it forgets is compiled amid somebody's first request."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from numba.core.registry import CPUDispatcher

from skyparley.conflict.warm import warm


def _calls_of_python(node: ast.AST) -> Iterator[ast.Call]:
    """All calls that Python makes, none that a kernel makes."""
    if isinstance(node, ast.FunctionDef) and any("njit" in ast.dump(one) for one in node.decorator_list):
        return
    if isinstance(node, ast.Call):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from _calls_of_python(child)


def _called(module: ModuleType) -> Iterator[CPUDispatcher]:
    """The kernels that a module calls from Python, by a name of its own or of another module."""
    assert module.__file__ is not None
    for call in _calls_of_python(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
        found = None
        if isinstance(call.func, ast.Name):
            found = getattr(module, call.func.id, None)
        elif isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            found = getattr(getattr(module, call.func.value.id, None), call.func.attr, None)
        if isinstance(found, CPUDispatcher):
            yield found


def left_cold() -> set[str]:
    """Kernels that Python calls and `warm` has not, by name."""
    warm()
    ours = [module for name, module in sorted(sys.modules.items()) if name.startswith("skyparley.")]
    kernels = [kernel for module in ours for kernel in _called(module)]
    assert len(kernels) > 20
    return {kernel.py_func.__name__ for kernel in kernels if not kernel.signatures}


def test_every_kernel_that_python_calls_is_used() -> None:
    """In a process of its own, in which no other test has used a kernel."""
    code = "import test_warm; print(test_warm.left_cold())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent, capture_output=True, text=True, check=True, timeout=200
    )
    assert done.stdout.strip() == "set()"
