"""Every public name says what it is, every module opens with its idea, no field names a weapon, mission or target."""

import ast
import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

import apsw
import msgspec
import pytest

from skyparley.formats import geojson, tracks
from skyparley.log import sqlite
from skyparley.node.custody import vault
from skyparley.node.reading.shapes import FORBIDDEN_WORDS
from skyparley.web.app import ENDPOINTS
from skyparley.web.openapi import build_document
from support.tree import SOURCE, name_of, parse, python_files

MODULES = python_files("src")
MAX_OPENING_LINES = 18
UNIT = re.compile(r"_(m|s|deg|rad)$")


def public_definitions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node.body)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_opens_with_its_idea(path: Any) -> None:
    opening = ast.get_docstring(parse(path)) or ""
    assert opening, "no docstring"
    assert len(opening.splitlines()) <= MAX_OPENING_LINES


def test_every_public_name_is_documented() -> None:
    bare = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in MODULES
        for node in public_definitions(parse(path).body)
        if not (ast.get_docstring(node) or "").strip()
    ]
    assert not bare, "\n".join(bare)


def test_docstrings_are_sentences() -> None:
    """They begin with a capital or a code word and end with a full stop, so that a list of them can be read."""
    odd = []
    for path in MODULES:
        for node in public_definitions(parse(path).body):
            text = (ast.get_docstring(node) or "x").split("\n\n")[0].strip()
            if not text.endswith((".", ":", "`", ")", "]", '"')) or not (
                text[0].isupper() or text[0] in "`0123456789(…"
            ):
                odd.append(f"{name_of(path)}:{node.lineno} {node.name}: {text.splitlines()[0]}")
    assert not odd, "\n".join(odd)


def skyparley_types() -> Iterator[type]:
    """All classes that the product defines."""
    for path in MODULES:
        relative = path.relative_to(SOURCE.parent).with_suffix("")
        parts = [part for part in relative.parts if part != "__init__"]
        module = importlib.import_module(".".join(parts))
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if kind.__module__ == module.__name__:
                yield kind


def fields_of(kind: type) -> list[str]:
    if issubclass(kind, msgspec.Struct):
        return [name for field in msgspec.structs.fields(kind) for name in (field.name, field.encode_name)]
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind)]
    return [*getattr(kind, "_fields", ()), *getattr(kind, "__slots__", ())]


def columns_of(schema: str) -> list[str]:
    """Names of the tables and columns that an SQL schema makes."""
    connection = apsw.Connection(":memory:")
    connection.execute(schema)
    tables = [str(row[0]) for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return tables + [str(row[1]) for table in tables for row in connection.execute(f"PRAGMA table_info({table})")]


def keys_of(node: Any) -> Iterator[str]:
    """All names of properties and parameters in an OpenAPI document."""
    if isinstance(node, dict):
        yield from node.get("properties", {})
        if "in" in node and "name" in node:
            yield node["name"]
        for value in node.values():
            yield from keys_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from keys_of(value)


def test_no_field_anywhere_names_a_weapon_a_mission_or_a_target() -> None:
    names = {f"{kind.__module__}.{kind.__name__}.{name}" for kind in skyparley_types() for name in fields_of(kind)}
    assert len(names) > 200
    names |= {f"log table: {name}" for name in columns_of(sqlite._SCHEMA)}
    names |= {f"vault table: {name}" for name in columns_of(vault._SCHEMA)}
    names |= {f"API: {name}" for name in keys_of(build_document(ENDPOINTS))}
    names |= {f"GeoJSON: {name}" for name in geojson._PROPERTIES} | {
        f"CSV: {name}" for name in (*tracks.REQUIRED, *tracks.OPTIONAL)
    }
    forbidden = re.compile("|".join(FORBIDDEN_WORDS), re.IGNORECASE)
    found = sorted(name for name in names if forbidden.search(name.rpartition(".")[2]))
    assert not found


def test_what_is_a_float_carries_its_unit() -> None:
    """One unit inside, and it is the last part of the name. The words of F3548 stay as that has them."""
    bare = [
        f"{name_of(path)}:{node.lineno} {node.name}.{item.target.id}"
        for path in MODULES
        if path.name != "f3548.py"
        for node in ast.walk(parse(path))
        if isinstance(node, ast.ClassDef)
        for item in node.body
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and _is_float(item.annotation)
        if not UNIT.search(item.target.id)
    ]
    assert not bare, "\n".join(bare)


def test_what_a_public_function_takes_as_a_float_carries_its_unit() -> None:
    """Kernels compute in letters (x, y, z in metres, as their docstrings say), and `units.py` is about units."""
    bare = [
        f"{name_of(path)}:{node.lineno} {node.name}({argument.arg})"
        for path in MODULES
        if path.parent.name != "kernels" and path.name != "units.py"
        for node in public_definitions(parse(path).body)
        if not isinstance(node, ast.ClassDef)
        for argument in (*node.args.args, *node.args.kwonlyargs)
        if argument.annotation is not None and _is_float(argument.annotation) and not UNIT.search(argument.arg)
    ]
    assert not bare, "\n".join(bare)


def _is_float(annotation: ast.expr) -> bool:
    return isinstance(annotation, ast.Name) and annotation.id == "float"
