"""`make home` sets where the project is published, again and again."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest
from documents import ROOT

from maintenance.home import FILES, set_home


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in FILES:
        if (ROOT / name).is_file():
            shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


def urls(project: Path) -> dict[str, str]:
    return tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]


def test_all_addresses_are_set(project: Path) -> None:
    before = urls(project)["Homepage"]
    set_home(project, "https://docs.lan/sdk/", "https://git.lan/sdk/")
    assert urls(project)["Changelog"] == "https://docs.lan/sdk/changelog.html"
    assert urls(project)["Issues"] == "https://git.lan/sdk/issues/"
    for path in project.iterdir():
        assert before not in path.read_text(encoding="utf-8"), f"{path.name} still has the address from before"


def test_they_can_be_set_back(project: Path) -> None:
    before = {path: path.read_bytes() for path in project.iterdir()}
    old = urls(project)
    set_home(project, "https://docs.lan/", "https://git.lan/sdk/")
    set_home(project, old["Homepage"], old["Source"])
    assert {path: path.read_bytes() for path in project.iterdir()} == before


def test_what_is_no_address_is_refused(project: Path) -> None:
    with pytest.raises(SystemExit, match=r"docs\.lan"):
        set_home(project, "docs.lan", "https://git.lan/sdk/")


def test_no_other_file_has_the_address() -> None:
    """The pages of docs/ link to each other."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    others = [*pages, *ROOT.glob("*.y*ml"), *(ROOT / "overlay").rglob("*.py")]
    home = urls(ROOT)["Homepage"]
    assert {path.name for path in others if home in path.read_text(encoding="utf-8")} <= set(FILES)
