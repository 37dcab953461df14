"""The wheel carries all that is needed, and works where there is no checkout, no compiler and no Node."""

import email
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import httpx
import pytest

import skyparley
from support.tree import ROOT, SOURCE, files

CONSOLE = SOURCE / "web" / "console"
CSV = """operation_id,time,latitude_deg,longitude_deg,altitude_m,altitude_datum
east,2030-01-01T12:00:00Z,47.0,7.0,9000,WGS84
east,2030-01-01T12:10:00Z,47.0,8.0,9000,WGS84
west,2030-01-01T12:00:00Z,47.0,8.0,9000,WGS84
west,2030-01-01T12:10:00Z,47.0,7.0,9000,WGS84
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel, built from the tree as `make wheel` builds it."""
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that holds the wheel; what it depends on is lent by this environment."""
    place = tmp_path_factory.mktemp("elsewhere") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    uv = Path(sys.executable).with_name("uv")
    command = [uv, "pip", "install", "--offline", "--no-deps", "--link-mode", "copy", "--python", place, wheel]
    subprocess.run(command, check=True, capture_output=True)
    library = Path(sysconfig.get_path("purelib", vars={"base": str(place), "platbase": str(place)}))
    (library / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    lend_compiled_kernels(library / "skyparley")
    return place / "bin"


def lend_compiled_kernels(package: Path) -> None:
    """Compiling takes a minute; what stands compiled beside the sources fits copies of the same size and age."""
    for cache in SOURCE.rglob("__pycache__"):
        for compiled in (*cache.glob("*.nbi"), *cache.glob("*.nbc")):
            beside = package / cache.relative_to(SOURCE)
            beside.mkdir(exist_ok=True)
            shutil.copy2(compiled, beside)
    for copy in package.rglob("*.py"):
        shutil.copystat(SOURCE / copy.relative_to(package), copy)


def run(installed: Path, *command: str, status: int = 0) -> str:
    """What a program of the environment says, run outside the checkout."""
    done = subprocess.run(
        [installed / command[0], *command[1:]],
        cwd=installed.parent.parent,
        env={"PATH": str(installed), "HOME": str(installed.parent)},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_code_data_console_and_licences(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = email.message_from_bytes(archive.read(f"skyparley-{skyparley.__version__}.dist-info/METADATA"))
        assert archive.read("skyparley/web/console/index.html") == (CONSOLE / "index.html").read_bytes()
        licences = archive.read("skyparley/web/console/licences.txt").decode()
    expected = {f"skyparley/{path.relative_to(SOURCE).as_posix()}" for path in files() if path.is_relative_to(SOURCE)}
    expected |= {f"skyparley/{path.relative_to(SOURCE).as_posix()}" for path in CONSOLE.rglob("*") if path.is_file()}
    assert {name for name in names if name.startswith("skyparley/")} == expected
    for name in ("LICENSE", "NOTICE"):
        assert f"skyparley-{skyparley.__version__}.dist-info/licenses/{name}" in names
    assert metadata["License-Expression"] == "Apache-2.0"
    assert not {name for name in names if name.endswith((".so", ".pyc", ".nbi", ".nbc"))}
    for package in json.loads((ROOT / "console" / "package.json").read_text(encoding="utf-8"))["dependencies"]:
        assert f"## {package} - " in licences


def test_the_wheel_suits_every_machine_and_asks_for_no_tool_of_development(wheel: Path) -> None:
    assert wheel.name == f"skyparley-{skyparley.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        metadata = email.message_from_bytes(archive.read(f"skyparley-{skyparley.__version__}.dist-info/METADATA"))
    asked = {re.split(r"[><=; ]", text)[0] for text in metadata.get_all("Requires-Dist", [])}
    assert {"apsw", "numba", "uvicorn"} <= asked
    assert not asked & {"pytest", "ruff", "mypy", "playwright", "hatchling", "build"}


def test_the_command_works_outside_the_checkout(installed: Path) -> None:
    where = run(installed, "python", "-c", "import skyparley; print(skyparley.__file__)")
    assert Path(where.strip()).is_relative_to(installed.parent)
    assert run(installed, "skyparley", "--version") == f"skyparley {skyparley.__version__}\n"
    assert "check" in run(installed, "skyparley", "--help")


def test_every_language_is_read_outside_the_checkout(installed: Path) -> None:
    ask = "from skyparley.catalogue import render, texts; print([render.title('mayday', x) for x in texts.LANGUAGES])"
    assert run(installed, "python", "-c", ask).count("MAYDAY") == 5


def test_a_check_works_outside_the_checkout(installed: Path) -> None:
    file = installed.parent.parent / "two flights.csv"
    file.write_text(CSV, encoding="utf-8")
    report = json.loads(run(installed, "skyparley", "check", "--json", file.name, status=1))
    assert report["operations"] == 2
    assert [(found["a"], found["b"]) for found in report["conflicts"]] == [("east", "west")]
    assert report["conflicts"][0]["closest"]["horizontal_m"] == pytest.approx(0, abs=0.001)


def test_a_node_serves_its_console_outside_the_checkout(installed: Path) -> None:
    data = installed.parent.parent / "data"
    command = [installed / "skyparley", "serve", "--port", "0", "--data", data]
    with subprocess.Popen(
        command, env={"PATH": os.defpath, "COLUMNS": "300"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            (url,) = next(filter(None, (re.findall(r"http://127\.0\.0\.1:\d+", line) for line in process.stdout)))
            page = httpx.get(url)
            assert page.status_code == 200
            for asset in re.findall(r'(?:src|href)="\./([^"]+)"', page.text):
                assert httpx.get(f"{url}/{asset}").status_code == 200, asset
            assert httpx.get(f"{url}/healthy").json() == {"status": "ok"}
        finally:
            process.terminate()
        assert process.wait(30) == 0
    assert (data / "log.sqlite").is_file()


def test_everything_is_installed_by_hash_and_as_wheels() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    installs = [line for line in makefile.splitlines() if "pip install" in line]
    assert len(installs) == 4
    for line in installs:
        if "--editable" in line:
            assert "--no-deps" in line
            assert "--build-constraints locks/build.txt" in line
        else:
            assert "--require-hashes --only-binary :all:" in line
