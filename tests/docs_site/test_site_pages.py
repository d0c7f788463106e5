"""How the pages of the site are put together from those of the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from maintenance.site.assemble import assemble, site_files
from maintenance.site.links import move_links
from maintenance.site.sources import line_anchor, source_pages

PLACES = {
    "CHANGELOG.md": "changelog.md",
    "docs/abort.md": "abort.md",
    "examples/proxy.py": "source/examples/proxy.py.md",
}


def moved(target: str, anchor: str) -> tuple[str, str] | None:
    return (PLACES[target], anchor) if target in PLACES else None


@pytest.mark.parametrize(
    ("link", "on_the_site"),
    [
        ("[a](../CHANGELOG.md)", "[a](../changelog.md)"),
        ("[a](../CHANGELOG.md#added)", "[a](../changelog.md#added)"),
        ("[a](abort.md), [b](../examples/proxy.py)", "[a](../abort.md), [b](../source/examples/proxy.py.md)"),
        ("[a](picture.svg)", "[a](picture.svg)"),
        ("[a](#below), [b](https://ollama.com/a.md)", "[a](#below), [b](https://ollama.com/a.md)"),
        ("```\n[a](../CHANGELOG.md)\n```", "```\n[a](../CHANGELOG.md)\n```"),
    ],
)
def test_a_link_leads_to_where_a_page_is_on_the_site(link: str, on_the_site: str) -> None:
    # The page is in a folder of the site, one level below its place in docs/.
    assert move_links(link, "docs/page.md", "folder/page.md", moved) == on_the_site


def test_a_file_and_a_folder_are_shown_with_the_line_that_a_link_names(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text("import os\n\n\nasync def test_it():\n    pass\n")
    pages = source_pages(tmp_path, {"tests"})
    assert "[`test_a.py`](tests/test_a.py.md)" in pages["source/tests.md"].decode()
    assert "async def test_it():" in pages["source/tests/test_a.py.md"].decode()
    assert line_anchor(tmp_path, "tests/test_a.py", "test_it") == "__codelineno-0-4"
    assert line_anchor(tmp_path, "tests/test_a.py", "") == ""


def test_only_what_changed_is_written_again(tmp_path: Path) -> None:
    assert assemble(tmp_path) == len(site_files())
    assert assemble(tmp_path) == 0
    (tmp_path / "abort.md").write_text("old")
    (tmp_path / "left-over.md").write_text("old")
    assert assemble(tmp_path) == 2
    assert not (tmp_path / "left-over.md").exists()
