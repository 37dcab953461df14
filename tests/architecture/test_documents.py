"""Documents say what is: every module, command, option and make target; links lead somewhere; versions agree."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

import skyparley
from skyparley.cli.main import app
from support.tree import ROOT, SOURCE, files, name_of, python_files

PAGES = files(".md")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def anchors_of(page: Path) -> set[str]:
    """Anchors of the headings of a page, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", ["README", "ARCHITECTURE", "CONTRIBUTING", "SECURITY", "CHANGELOG", "docs/README"])
def test_the_documents_exist(name: str) -> None:
    assert len(text_of(f"{name}.md")) > 500


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_within_the_tree_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            assert link.startswith("https://"), link
            continue
        path, _, anchor = unquote(link).partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.is_relative_to(ROOT), link
        assert there.exists(), link
        assert not anchor or anchor in anchors_of(there), link


def test_every_page_is_reached_from_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    named = {
        (index.parent / link.partition("#")[0]).resolve() for link in LINK.findall(index.read_text(encoding="utf-8"))
    }
    pages = {page for page in PAGES if page.is_relative_to(ROOT / "docs") and page != index}
    assert pages <= named, sorted(map(name_of, pages - named))


def test_decisions_are_numbered_and_have_their_parts() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {page.name[:4]}: "), page.name
        sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert {"Decision", "Consequences"} <= set(sections), (page.name, sections)
        assert len(sections) >= 3, page.name


def test_the_architecture_names_every_module_and_no_other() -> None:
    rows = re.findall(r"^\| `([\w/]+\.(?:py|ts))` \| (.+?) \|$", text_of("ARCHITECTURE.md"), re.MULTILINE)
    named = [name for name, _ in rows]
    present = {path.relative_to(SOURCE).as_posix() for path in python_files("src") if path.name != "__init__.py"}
    console = ROOT / "console" / "src"
    present |= {f"console/{path.relative_to(console).as_posix()}" for path in files(".ts") if console in path.parents}
    assert set(named) == present, sorted(set(named) ^ present)
    assert len(named) == len(set(named))
    assert all(len(what) > 10 for _, what in rows)


def commands(group: TyperGroup, name: str) -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    yield name, group
    for part, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{name} {part}")
        elif not command.hidden:
            yield f"{name} {part}", command


def test_every_command_and_option_is_documented_and_no_other() -> None:
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    present = {
        name: {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
        - {"--help"}
        for name, command in commands(root, "skyparley")
    }
    present = {
        name: options
        for name, options in present.items()
        if options or name in {"skyparley warm", "skyparley keys show"}
    }
    sections = re.findall(r"^## (skyparley[^\n]*)\n(.*?)(?=^## |\Z)", text_of("docs/cli.md"), re.MULTILINE | re.DOTALL)
    documented = {
        name: set(re.findall(r"^\| `(--[\w-]+)` \| .{10,} \|$", text, re.MULTILINE)) for name, text in sections
    }
    assert documented == present


def test_every_make_target_is_documented() -> None:
    makefile = text_of("Makefile")
    targets = set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE).group(1).split())  # type: ignore[union-attr]
    assert targets == phony
    documented = set(re.findall(r"^\| `make (\w+)` \| .{5,} \|$", text_of("CONTRIBUTING.md"), re.MULTILINE))
    assert documented == targets


def test_the_readme_shows_both_commands_and_the_picture_in_its_first_screen() -> None:
    screen = "\n".join(text_of("README.md").splitlines()[:30])
    assert re.search(r"^make run\b", screen, re.MULTILINE)
    assert re.search(r"^make test\b", screen, re.MULTILINE)
    picture = re.search(r"!\[[^\]]{20,}\]\((docs/images/\w+\.png)\)", screen)
    assert picture is not None
    assert (ROOT / picture.group(1)).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_versions_agree() -> None:
    version = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]
    assert version == skyparley.__version__
    assert json.loads(text_of("console/package.json"))["version"] == version
    heading = re.search(r"^## (\S+)", text_of("CHANGELOG.md"), re.MULTILINE)
    assert heading is not None
    assert heading.group(1) == version
