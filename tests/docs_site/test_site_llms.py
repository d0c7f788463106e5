"""The texts of the site for language models: llms.txt, llms-full.txt, and a Markdown file beside each page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from documents import PAGES, ROOT, URLS, blocks, name_of, site_pages

LINK = re.compile(rf"\(<?{re.escape(URLS['Homepage'])}([^)>#]*)")
INCLUDED = re.compile(r'^--8<-- "(.+)"$', re.M)


@pytest.fixture(scope="session")
def everything(site: Path) -> str:
    """The text of all pages in one file."""
    return (site / "llms-full.txt").read_text(encoding="utf-8")


def test_the_list_begins_with_a_name_and_a_summary_and_has_each_page_once(site: Path) -> None:
    text = (site / "llms.txt").read_text(encoding="utf-8")
    assert re.match(r"# Ollama SDK\n\n> .+\n\n", text)
    listed = re.findall(rf"^- \[.+\]\(<{re.escape(URLS['Homepage'])}(.+)>\)", text, re.M)
    assert sorted(listed) == sorted(site_pages())


def test_each_link_leads_to_a_file_of_the_site(site: Path) -> None:
    texts = [site / "llms.txt", site / "llms-full.txt", *site.rglob("*.md")]
    assert len(texts) > 50
    for text in texts:
        for target in set(LINK.findall(text.read_text(encoding="utf-8"))):
            if target.startswith("source/") and not target.endswith(".html"):
                continue  # where the repository is
            assert (site / (target or "index.html")).is_file(), f"{text.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_code_of_a_page_is_there_with_the_programs_that_it_includes(page: Path, everything: str) -> None:
    for block in blocks(page):
        code = INCLUDED.sub(lambda found: (ROOT / found[1]).read_text(encoding="utf-8").rstrip(), block.code)
        assert code.rstrip() in everything


def test_the_reference_has_the_type_of_each_argument_and_attribute(site: Path, everything: str) -> None:
    assert "| `keep_alive` | `float \\| str \\| timedelta \\| None` | How long" in everything
    for page in (site / "reference").glob("*.md"):
        assert re.findall(r"^\| `(.+)` \|  \|", page.read_text(encoding="utf-8"), re.M) == [], page.name


def test_each_name_in_the_reference_is_described(site: Path) -> None:
    # A signature, and the next heading at once.
    bare = re.compile(r"^#+ (.+)\n\n```python\n[^`]+\n```\s+(?:#|\Z)", re.M)
    for page in (site / "reference").glob("*.md"):
        assert bare.findall(page.read_text(encoding="utf-8")) == [], page.name
