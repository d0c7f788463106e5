"""The pages in docs/ keep their word: their programs run, and what they link to and name exists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import CONTRIBUTING, PAGES, README, ROOT, Block, blocks, commands, documents_server, name_of, site_pages

import ollama_sdk.overlay
from ollama_sdk.overlay import Ollama
from ollama_sdk.overlay.testing import FAULTS, EmbeddedModel, OllamaServer

PROGRAMS = [(page, block) for page in PAGES for block in blocks(page) if block.is_program]
TEST_FILES = [
    (page, block)
    for page in (CONTRIBUTING, *PAGES)
    for block in blocks(page)
    if block.language == "python" and not block.not_run and "def test_" in block.code
]
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")
ANCHOR = re.compile(r"\]\((?!https?://)([^)#]*\.md)?#([^)]+)\)")


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with documents_server() as server:
        yield server


@pytest.mark.parametrize(
    ("page", "block"), PROGRAMS, ids=[f"{name_of(page)}: {block.section}" for page, block in PROGRAMS]
)
def test_each_program_of_a_page_runs_as_it_stands(
    page: Path, block: Block, server: OllamaServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", server.url)
    monkeypatch.delenv("OLLAMA_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    # Two threads of the embedded model wait for each other by spinning, on processors that are busy with other tests.
    monkeypatch.setitem(EmbeddedModel.__init__.__kwdefaults__, "threads", 1)
    # What programs find beside them.
    (tmp_path / "model.gguf").write_bytes(b"GGUF" + bytes(60))
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(60))
    (tmp_path / "Modelfile").write_text('FROM ./model.gguf\nPARAMETER temperature 0.5\nSYSTEM "Be short."\n')
    # Without the __future__ of this file: the annotations of a program are no text.
    program = compile(block.code, f"{page.name}, {block.section}", "exec", dont_inherit=True)
    exec(program, {"__name__": "__main__"})


def test_the_test_files_of_the_pages_pass_as_they_stand(tmp_path: Path) -> None:
    for number, (page, block) in enumerate(TEST_FILES):
        (tmp_path / f"test_{page.stem}_{number}.py").write_text(block.code, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # they need no other plugins, which take long to load
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not re.search("skipped|warning", done.stdout)


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *PAGES], ids=name_of)
def test_what_a_page_links_to_is_there(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *PAGES], ids=name_of)
def test_the_section_that_a_page_links_to_is_there(page: Path) -> None:
    for target, anchor in ANCHOR.findall(page.read_text(encoding="utf-8")):
        assert anchor in _anchors(page.parent / target if target else page), f"{page.name} links to {target}#{anchor}"


def _anchors(page: Path) -> set[str]:
    """The anchors of the headings of a page, as the site and most viewers of Markdown make them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.*)$", re.sub(r"\]\([^)]*\)", "", text), re.MULTILINE)
    return {re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


def test_the_site_has_a_place_for_each_page() -> None:
    pages = {page.relative_to(ROOT / "docs").as_posix() for page in PAGES}
    placed = site_pages()
    assert len(placed) == len(set(placed))
    assert pages <= set(placed)


@pytest.mark.parametrize("page", [README, CONTRIBUTING, *PAGES], ids=name_of)
def test_the_make_commands_that_a_page_names_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8"))
    assert {*named, *commands(page)} <= targets


def test_the_tables_of_network_failures_have_each_once() -> None:
    text = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8").partition("## Simulate network failures")[2]
    rows = re.findall(r"^\| (`.+?`) \|", text.partition("\n## ")[0], re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted(FAULTS)


def test_the_table_of_methods_has_each_with_its_route() -> None:
    text = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
    routes = dict(re.findall(r"^\| `(\w+)\([^|]*` \|[^|]+\| ((?:GET|HEAD|POST|DELETE) \S+) \|", text, re.MULTILINE))
    others = set(
        re.findall(r"`(\w+)", "".join(re.findall(r"^\|[^|]+\|", text.partition("## The client")[2], re.MULTILINE)))
    )
    assert routes.keys() | (others - {"with"}) == {name for name in dir(Ollama) if not name.startswith("_")}
    for name, route in routes.items():
        assert f"({route}" in str(getattr(Ollama, name).__doc__)


def error_tree() -> str:
    """The tree of errors on the page of errors."""
    (tree,) = (block.code for block in blocks(ROOT / "docs" / "errors.md") if block.code.startswith("OllamaError"))
    return tree


def test_the_error_tree_is_that_of_the_code() -> None:
    named = set(re.findall(r"\w+Error\b(?=\s{2}| \(|$)", error_tree(), re.MULTILINE))
    exported = {name for name in ollama_sdk.overlay.__all__ if name.endswith("Error")}
    errors = {name for name in exported if issubclass(getattr(ollama_sdk.overlay, name), Exception)}
    assert named == errors


def test_each_error_stands_below_its_base() -> None:
    parents: list[type] = []
    for line in error_tree().splitlines():
        prefix, name = re.match(r"([│├└─ ]*)(\w+)", line).groups()  # type: ignore[union-attr]  # each line matches
        kind = getattr(ollama_sdk.overlay, name)
        depth = len(prefix) // 4
        del parents[depth:]
        assert not parents or parents[-1] in kind.__bases__
        parents.append(kind)


def test_make_help_lists_every_command() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    unlisted = re.findall(r"^([a-z-]+):(?!=)(?!.*## )", makefile, re.MULTILINE)
    assert set(unlisted) == {"address", "comparison", "destination", "npm", "packages"}  # what others ask for first
