"""Every comparison of the exact kernels turned round, one at a time: does some check notice?

Run as a program, without numba, it changes the kernels in memory: a comparison is reversed (`<` for `>=`) and its limit
is moved (`<` for `<=`), least is swapped for greatest, and the sign of a slack is turned. Each changed kernel answers
the checks of `kernel_checks` and `kernel_corners` in a process of its own; the first that fails ends it. It prints one
line for each change that no check noticed.
"""

import ast
import importlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np

MODULES = ("legs", "passages", "solids", "plane", "geodesy")
PACKAGE = "skyparley.conflict.kernels"
REVERSED = {ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
MOVED = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
SLACKS = ("HALF_QUANTUM_M", "BULGE_M", "DEEPEST_M")
LONGEST_S = 60
SYMBOLS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}


def changes(tree: ast.Module) -> Iterator[tuple[str, ast.Module]]:
    """The same tree, changed in each way in turn, with where and what: `function: expression: change`."""
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
        for node in ast.walk(function):
            for what, alter in _alterations(node):
                place = f"{function.name}: {ast.unparse(node)}: {what}"
                undo = alter()
                yield place, tree
                undo()


def _alterations(node: ast.AST) -> Iterator[tuple[str, Callable[[], Callable[[], None]]]]:
    if isinstance(node, ast.Compare):
        for i, operator in enumerate(node.ops):
            for table in (REVERSED, MOVED):
                other = table.get(type(operator))
                if other is not None:
                    which = f" no. {i + 1}" if len(node.ops) > 1 else ""
                    yield f"{SYMBOLS[type(operator)]}{which} becomes {SYMBOLS[other]}", _swap(node.ops, i, other())
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"min", "max"}:
        other_name = "max" if node.func.id == "min" else "min"
        yield f"becomes {other_name}", _rename(node.func, other_name)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        named = {part.id for part in ast.walk(node.right) if isinstance(part, ast.Name)}
        if named & set(SLACKS):
            turned: ast.operator = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
            yield "the other sign", _set(node, "op", turned)


def _swap(operators: list[ast.cmpop], i: int, other: ast.cmpop) -> Callable[[], Callable[[], None]]:
    def alter() -> Callable[[], None]:
        before, operators[i] = operators[i], other
        return lambda: operators.__setitem__(i, before)

    return alter


def _set(node: ast.AST, name: str, other: object) -> Callable[[], Callable[[], None]]:
    def alter() -> Callable[[], None]:
        before = getattr(node, name)
        setattr(node, name, other)
        return lambda: setattr(node, name, before)

    return alter


def _rename(node: ast.Name, other: str) -> Callable[[], Callable[[], None]]:
    return _set(node, "id", other)


def survives(module: ModuleType, changed: ast.Module, checks: list[Callable[[], None]]) -> bool:
    """Whether a changed kernel passes all checks, in a process of its own."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return status == 0
    signal.alarm(LONGEST_S)
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        _replace(module, changed)
        for check in checks:
            check()
        code = 0
    finally:
        os._exit(code)


def _replace(module: ModuleType, changed: ast.Module) -> None:
    """Run a changed module in the old one's place, and give its functions to those who imported the old ones."""
    before = {name: value for name, value in vars(module).items() if callable(value)}
    exec(compile(changed, str(module.__file__), "exec"), vars(module))
    for other in [value for name, value in sys.modules.items() if name.startswith("skyparley.")]:
        for name, value in list(vars(other).items()):
            if name in before and value is before[name]:
                setattr(other, name, vars(module)[name])


def checks_of(module: str) -> list[Callable[[], None]]:
    """What the unchanged kernels pass: few random cases of each kind, and corner cases; those of a module."""
    from support import kernel_checks as random_checks
    from support import kernel_corners as corners

    makers: dict[str, tuple[tuple[Callable[..., random_checks.Case], int], ...]] = {
        "legs": ((random_checks.leg_leg, 500), (random_checks.leg_leg_early_late, 200)),
        "passages": ((random_checks.leg_circle, 300), (random_checks.leg_polygon, 300)),
        "solids": (
            (random_checks.circle_circle, 200),
            (random_checks.circle_polygon, 200),
            (random_checks.polygon_polygon, 300),
        ),
    }
    tables = [makers[module]] if module in makers else list(makers.values())
    chosen = [make(np.random.default_rng([99, i]), n).hold for table in tables for i, (make, n) in enumerate(table)]
    alone = {
        "legs": (
            corners.legs_that_follow_or_stand,
            corners.legs_abreast,
            corners.legs_staggered,
            corners.legs_that_cross_early_or_late,
            corners.levels,
        ),
        "passages": (
            corners.far_circles,
            corners.times_of_volumes,
            corners.levels,
            corners.holes,
            corners.legs_beside_and_through_rings,
        ),
        "solids": (
            corners.polygons_that_share_or_hold,
            corners.circles_in_circles,
            corners.holes,
            corners.corners_at_half_a_millimetre,
        ),
    }
    return [*alone.get(module, tuple(corners.CORNERS.values())), *chosen]


def main() -> None:
    """Try every change and print those that nothing noticed."""
    tried = 0
    for name in sys.argv[1:] or MODULES:
        checks = checks_of(name)
        for check in checks:
            check()
        module = importlib.import_module(f"{PACKAGE}.{name}")
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        for place, changed in changes(tree):
            tried += 1
            if survives(module, changed, checks):
                print(f"{name}.{place}", flush=True)
    print(f"tried {tried}", flush=True)


if __name__ == "__main__":
    main()
