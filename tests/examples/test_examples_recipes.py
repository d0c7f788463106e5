"""The cookbook: every recipe shows a program of examples/, and the index leads to every recipe."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from documents import PAGES, ROOT

INDEX = ROOT / "docs" / "cookbook" / "index.md"
RECIPES = [page for page in PAGES if page.parent == INDEX.parent and page != INDEX]
by_name = pytest.mark.parametrize("page", RECIPES, ids=lambda page: page.stem)


def included(page: Path) -> list[Path]:
    """The files that a page includes."""
    return [ROOT / name for name in re.findall(r'^--8<-- "(.+)"$', page.read_text(encoding="utf-8"), re.MULTILINE)]


@by_name
def test_a_recipe_shows_its_program(page: Path) -> None:
    programs = included(page)
    assert programs
    for program in programs:
        assert program.is_file(), program
        assert program.is_relative_to(ROOT / "examples")


@by_name
def test_the_program_of_a_recipe_is_short(page: Path) -> None:
    for program in included(page):
        assert len(program.read_text(encoding="utf-8").splitlines()) < 80, program


@by_name
def test_the_index_leads_to_a_recipe(page: Path) -> None:
    assert f"]({page.name}) | " in INDEX.read_text(encoding="utf-8")
