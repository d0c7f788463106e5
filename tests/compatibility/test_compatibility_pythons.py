"""The Pythons that the metadata, the matrix and docs/compatibility.md name are the same, and have wheels."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from maintenance.description import ROOT

pytest.importorskip("nox")
import noxfile  # which imports nox

SETTINGS: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT, TOOLS = SETTINGS["project"], SETTINGS["tool"]
CLASSIFIERS: list[str] = PROJECT["classifiers"]
PAGE = (ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8")
TABLE = re.findall(r"^\| (3\.\d+t?) \|", PAGE, re.MULTILINE)


def test_the_classifiers_name_each_python_of_the_matrix() -> None:
    named = [text.rpartition(" ")[2] for text in CLASSIFIERS if re.fullmatch(r".* :: Python :: 3\.\d+", text)]
    assert named == [version for version in noxfile.PYTHONS if not version.endswith("t")]
    assert any("Free Threading" in text for text in CLASSIFIERS)
    assert PROJECT["requires-python"] == f">={named[0]}"


def test_the_page_tells_of_each_python_of_the_matrix() -> None:
    assert sorted(TABLE) == sorted(noxfile.PYTHONS) == sorted(noxfile.SHORT_COMBINATIONS)
    (sentence,) = re.findall(r"^- Python (3\..*?), and free-threaded", PAGE, re.MULTILINE)
    assert re.findall(r"3\.\d+", sentence) == [version for version in TABLE if not version.endswith("t")]


@pytest.mark.parametrize("version", noxfile.PYTHONS)
def test_the_matrix_finds_the_builds_of_pyenv(version: str) -> None:
    names = [f"{version.removesuffix('t')}.2", f"{version.removesuffix('t')}.2t", "3.1.14", "3.1.14t"]
    found = [name for name in names if Path(name).match(noxfile.pattern(version))]
    assert found == [f"{version.removesuffix('t')}.2{'t' if version.endswith('t') else ''}"]


def test_one_type_checker_reads_the_sources_as_the_oldest_python_has_them_and_one_as_the_newest() -> None:
    named = [version for version in noxfile.PYTHONS if not version.endswith("t")]
    assert (TOOLS["pyright"]["pythonVersion"], TOOLS["mypy"]["python_version"]) == (named[0], named[-1])


@pytest.mark.rehearsal
@pytest.mark.parametrize("platform", ["manylinux_2_28_x86_64", "macosx_11_0_arm64", "win_amd64"])
def test_each_python_of_the_page_has_wheels_of_all_dependencies(platform: str, tmp_path: Path) -> None:
    locks = ["requirements/install.txt", *(["requirements/numpy.txt"] if "linux" in platform else [])]
    command = [sys.executable, "-m", "maintenance.wheelhouse", str(tmp_path), *locks, "--platform", platform]
    subprocess.run([*command, "--python", *TABLE], cwd=ROOT, check=True)
