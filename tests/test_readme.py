"""The README keeps its word: its code runs as it stands, its commands, links and figures are right."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from documents import README, ROOT, Block, blocks, commands, documents_server, headings, published_file

from ollama_sdk.overlay.testing import OllamaServer

TEXT = README.read_text(encoding="utf-8")
BLOCKS = blocks(README)
PROGRAMS = [block for block in BLOCKS if block.is_program]
LINKS = sorted(set(re.findall(r"\]\(([^)]+)\)", TEXT)))
ROWS_OF_STREAMS = ("streamed chat", "streamed chat, async", "streamed generate", "streamed generate, async")


def section(block: Block) -> str:
    """The name of a block in the test report."""
    return block.section


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with documents_server() as server:
        yield server


@pytest.mark.parametrize("block", PROGRAMS, ids=section)
def test_each_program_runs_as_it_stands(
    block: Block, server: OllamaServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", server.url)
    monkeypatch.delenv("OLLAMA_API_KEY", raising=False)
    exec(compile(block.code, f"README.md, {block.section}", "exec", dont_inherit=True), {"__name__": "__main__"})
    assert capsys.readouterr().out.strip()


def test_every_section_that_promises_code_has_a_program() -> None:
    promised = {"The first chat", "Streaming", "Async", "Abort", "Errors"}
    assert {block.section for block in PROGRAMS} >= promised | {"A type as the answer", "A function as a tool"}


def test_the_two_commands_for_a_fresh_machine_are_there() -> None:
    assert {"demo", "test"} <= set(commands(README))


def test_it_fits_in_a_few_screens() -> None:
    assert len(TEXT.splitlines()) < 180


@pytest.mark.parametrize("link", LINKS)
def test_each_link_is_absolute_and_leads_to_a_page_of_the_site(link: str) -> None:
    """A package index shows the page, and has none of the files beside it."""
    if link == "https://ollama.com":
        return
    path, _, anchor = link.partition("#")
    file = published_file(path)
    assert file.is_file(), f"{link} leads to {file}, which is not there"
    assert not anchor or anchor in headings(file)


def test_the_figures_are_those_that_were_measured() -> None:
    measured = published_figures()
    peers, js = re.findall(r"([\d.]+) times as much, or more", TEXT)
    assert all(measured[row]["this SDK / ollama-python"] >= float(peers) for row in ROWS_OF_STREAMS)
    assert all(measured[row]["ollama-js"] >= float(js) for row in ROWS_OF_STREAMS)
    assert "one stream takes less than half" in TEXT
    assert "256 streams at once less than a sixth" in TEXT
    assert measured["a live stream, async"]["this SDK / ollama-python"] >= 2
    assert measured["256 live streams, async"]["this SDK / ollama-python"] >= 6


def published_figures() -> dict[str, dict[str, float]]:
    """The rows of the table in docs/performance.md: how many times as much CPU time each of the others takes."""
    lines = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8").splitlines()
    (header,) = (line for line in lines if line.startswith("| times as fast (client CPU) |"))
    names = [cell.strip() for cell in header.strip("|").split("|")][1:]
    rows = {}
    for line in lines[lines.index(header) + 2 :]:
        if not line.startswith("|"):
            break
        label, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        values = ((name, re.match(r"[\d.]+", cell)) for name, cell in zip(names, cells, strict=True))
        rows[label] = {name: float(value[0]) for name, value in values if value}
    return rows
