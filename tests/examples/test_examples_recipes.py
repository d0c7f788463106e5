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
    """The programs that a page includes."""
    return [ROOT / name for name in re.findall(r'^--8<-- "(.+)"$', page.read_text(encoding="utf-8"), re.MULTILINE)]


def shown(page: Path) -> list[Path]:
    """The programs that a page includes, and the notebooks that it leads to, which the site shows on their pages."""
    notebooks = re.findall(r"\]\(([^)]+\.ipynb)\)", page.read_text(encoding="utf-8"))
    return [*included(page), *((page.parent / name).resolve() for name in notebooks)]


@by_name
def test_a_recipe_shows_its_program(page: Path) -> None:
    programs = shown(page)
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
