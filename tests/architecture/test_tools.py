"""Format, lint, strict types and the import contracts hold; and none of them has been weakened where nobody looks."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from support.tree import ROOT, SOURCE, name_of, parse, python_files

CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = CONFIGURATION["tool"]["importlinter"]["contracts"]
CODED_ESCAPE = re.compile(r"#\s*(?:noqa: [A-Z]+\d+(?:, [A-Z]+\d+)*|type: ignore\[[\w, -]+\])")
ANY_ESCAPE = re.compile(r"#\s*(?:noqa|type:\s*ignore)")
PURE_ROOMS = ("geometry", "conflict", "airspace", "catalogue")
WORLD = {"time", "random", "secrets", "socket", "asyncio", "logging", "os", "pathlib", "sys", "datetime", "subprocess"}


def run(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def checked_folders() -> list[str]:
    return [folder for folder in ("src", "tests", "bench") if (ROOT / folder).is_dir()]


def test_the_code_is_in_its_one_format() -> None:
    run("ruff", "format", "--check", *checked_folders())


def test_the_code_passes_the_linter() -> None:
    run("ruff", "check", *checked_folders())


def test_types_are_strict_and_hold() -> None:
    assert CONFIGURATION["tool"]["mypy"]["strict"] is True
    run("mypy")


def test_dependencies_point_down_only() -> None:
    # not in this process: it would switch off every logger that there is
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in done.stdout


def test_every_room_is_in_the_contract_of_layers() -> None:
    (layers,) = [contract["layers"] for contract in CONTRACTS if contract["type"] == "layers"]
    named = {room.strip() for layer in layers for room in layer.split("|")}
    rooms = {
        f"skyparley.{path.stem}"
        for path in SOURCE.iterdir()
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").is_file()
    }
    assert named == rooms


def imports_of(path: Path) -> set[str]:
    """First names of all modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").split(".")[0])
    return found


def test_the_pure_rooms_touch_no_clock_dice_file_or_socket() -> None:
    """Beside the import contract, so that a name left out of its list is still caught."""
    pure = [path for path in python_files("src") if path.relative_to(SOURCE).parts[0] in PURE_ROOMS]
    assert len(pure) > 25
    for path in pure:
        # these read and write times with `datetime`; that they do not ask for the time is looked at below
        allowed = {"datetime"} if path.name in {"interval.py", "moments.py"} else set()
        # `sys.intern` keeps equal words once, and tells nothing of the world
        allowed |= (
            {"sys"} if set(re.findall(r"\bsys\.(\w+)", path.read_text(encoding="utf-8"))) == {"intern"} else set()
        )
        assert not imports_of(path) & WORLD - allowed, name_of(path)
        assert not re.search(r"\b(now|utcnow|today|open|print|input)\(", path.read_text(encoding="utf-8")), name_of(
            path
        )


def test_no_rule_is_switched_off_without_saying_which() -> None:
    for path in python_files():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if ANY_ESCAPE.search(line) and path != Path(__file__):
                assert CODED_ESCAPE.search(line), f"{name_of(path)}:{number} {line.strip()}"


def test_the_product_asserts_nothing_that_python_may_strip() -> None:
    """A check that guards safety raises: `python -O` strips `assert`."""
    for path in python_files("src"):
        for node in ast.walk(parse(path)):
            assert not isinstance(node, ast.Assert), f"{name_of(path)}:{node.lineno}"


def test_each_run_dependency_is_used_and_each_import_is_declared() -> None:
    declared = {
        re.split(r"[><=]", dependency)[0].replace("-", "_") for dependency in CONFIGURATION["project"]["dependencies"]
    }
    declared = {name.partition("_")[0] if name.startswith("opentelemetry_") else name for name in declared}
    used = set[str]().union(*(imports_of(path) for path in python_files("src")))
    used -= {"skyparley", ""} | sys.stdlib_module_names
    # httptools is used through uvicorn's protocol of that name (`web/server.py`); some are imported by another name
    imported = {"fluent": "fluent_runtime", "argon2": "argon2_cffi", "jwt": "pyjwt"}
    assert {imported.get(name, name) for name in used} | {"httptools"} == declared
