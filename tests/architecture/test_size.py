"""Short functions, short modules, small folders: what does not fit into a reader's head is cut before it is merged."""

import ast
from collections import Counter

from support.tree import SOURCE, files, name_of, parse, python_files

MAX_FUNCTION_LINES = 70
MAX_MODULE_LINES = 400
MAX_FOLDER_MODULES = 10


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{name_of(path)}:{node.lineno} {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for path in python_files()
        for node in ast.walk(parse(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > MAX_FUNCTION_LINES
    ]
    assert not long, "\n".join(long)


def test_no_module_is_longer_than_400_lines() -> None:
    modules = [*python_files(), *files(".ts")]
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules}
    assert len(lengths) > 100
    long = {name: count for name, count in lengths.items() if count > MAX_MODULE_LINES}
    assert not long


def test_no_room_has_more_than_ten_modules() -> None:
    rooms = Counter(
        name_of(path.parent) for path in python_files("src") if path.name != "__init__.py" and path.parent != SOURCE
    )
    assert len(rooms) >= 10
    crowded = {room: count for room, count in rooms.items() if count > MAX_FOLDER_MODULES}
    assert not crowded
