"""What is pinned: all of it with hashes, as pyproject.toml asks for it, and no index is named anywhere."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from distribution.checkout import ROOT, project_files
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from maintenance.wheelhouse import compatible, markers, needed

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LIGHT_EXTRAS = ("progress", "pydantic")
EXTRAS = PROJECT["project"]["optional-dependencies"]
ASKED = {
    "setup": PROJECT["dependency-groups"]["setup"],
    "install": [*PROJECT["project"]["dependencies"], *(wish for name in LIGHT_EXTRAS for wish in EXTRAS[name])],
    **{name: [*PROJECT["project"]["dependencies"], *EXTRAS[name]] for name in ("numpy", "mcp")},
    "generate": PROJECT["dependency-groups"]["generate"],
    "dist": PROJECT["dependency-groups"]["dist"],
}
LOCK = """
anyio==4.16.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
# a comment
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:cc
tomli==2.0.0 ; python_full_version < '3.12' \\
    --hash=sha256:dd
"""


def lock(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ASKED)
def test_each_wish_is_pinned_to_a_version_that_it_allows(name: str) -> None:
    lines = [line.partition(" --hash=")[0] for line in needed(lock(name), {})]
    pinned = {canonicalize_name(found.name): found for found in map(Requirement, lines)}
    wishes = [wish for wish in map(Requirement, ASKED[name]) if wish.marker is None or wish.marker.evaluate()]
    for wish in wishes:
        (version,) = pinned[canonicalize_name(wish.name)].specifier
        assert wish.specifier.contains(version.version), f"{wish} is not {version.version}: make lock"


@pytest.mark.parametrize("name", ASKED)
def test_each_pin_has_hashes(name: str) -> None:
    for line in needed(lock(name), {}):
        stated, *hashes = line.split(" --hash=")
        assert "==" in stated
        assert hashes


def test_what_is_shared_is_pinned_to_one_version() -> None:
    versions: dict[str, set[str]] = {}
    for name in ASKED:
        for line in needed(lock(name), {}):
            package, _, version = line.partition(" ")[0].partition("==")
            versions.setdefault(package, set()).add(version)
    assert {package: found for package, found in versions.items() if len(found) > 1} == {}


def test_no_index_is_named() -> None:
    hosts = [".".join(words) for words in (("pypi", "org"), ("pythonhosted", "org"))]
    texts = {name: (ROOT / name).read_text(encoding="utf-8", errors="replace") for name in project_files()}
    assert [name for name, text in texts.items() for host in hosts if host in text] == []


@pytest.mark.parametrize(
    ("platform", "python", "expected"),
    [
        ("win_amd64", "3.13", ["anyio==4.16.0 --hash=sha256:aa --hash=sha256:bb", "colorama==0.4.6 --hash=sha256:cc"]),
        (
            "manylinux_2_28_aarch64",
            "3.11",
            ["anyio==4.16.0 --hash=sha256:aa --hash=sha256:bb", "tomli==2.0.0 --hash=sha256:dd"],
        ),
        ("macosx_11_0_arm64", "3.12.1", ["anyio==4.16.0 --hash=sha256:aa --hash=sha256:bb"]),
    ],
)
def test_markers_are_decided_for_the_machine_asked_for(platform: str, python: str, expected: list[str]) -> None:
    assert list(needed(LOCK, markers(platform, python))) == expected


@pytest.mark.parametrize("name", ["install", "numpy"])
@pytest.mark.parametrize(("python", "simdjson"), [("3.13", True), ("3.14", False), ("3.14t", False), ("3.15t", False)])
def test_a_free_threaded_python_needs_what_another_does(name: str, python: str, simdjson: bool) -> None:
    lines = list(needed(lock(name), markers("manylinux_2_28_x86_64", python)))
    assert any(line.startswith("httptools==") for line in lines)
    assert any(line.startswith("pysimdjson==") for line in lines) is (simdjson and name == "numpy")


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("win_arm64", {"sys_platform": "win32", "os_name": "nt", "platform_machine": "ARM64"}),
        ("macosx_11_0_arm64", {"sys_platform": "darwin", "platform_machine": "arm64"}),
        ("musllinux_1_2_x86_64", {"sys_platform": "linux", "platform_machine": "x86_64"}),
        ("manylinux2014_aarch64", {"platform_system": "Linux", "platform_machine": "aarch64"}),
    ],
)
def test_a_platform_tells_its_machine(platform: str, expected: dict[str, str]) -> None:
    assert markers(platform, None).items() >= expected.items()


def test_older_wheels_run_on_newer_systems() -> None:
    assert compatible("manylinux_2_18_x86_64")[:2] == ["manylinux_2_18_x86_64", "manylinux_2_17_x86_64"]
    assert "manylinux2014_x86_64" in compatible("manylinux_2_18_x86_64"), "pip knows that it includes manylinux2010"
    assert "manylinux2014_x86_64" not in compatible("manylinux_2_12_x86_64")
    assert compatible("musllinux_1_2_x86_64") == ["musllinux_1_2_x86_64", "musllinux_1_1_x86_64"]
    assert compatible("win_amd64") == ["win_amd64"], "pip knows the others' older ones"


def test_a_platform_that_there_is_not_is_told() -> None:
    with pytest.raises(SystemExit, match="'plan9_mips' is no platform"):
        markers("plan9_mips", None)


def test_the_light_extras_are_those_of_the_makefile() -> None:
    assert f"LIGHT_EXTRAS := {' '.join(LIGHT_EXTRAS)}" in (Path(ROOT) / "Makefile").read_text(encoding="utf-8")
