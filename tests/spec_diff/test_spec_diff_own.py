"""`make spec-diff OLD=...` tells what changed in our description, what of it breaks, and which version it asks for."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maintenance import own_changes
from maintenance.description import OWN, load_yaml
from maintenance.own_changes import Change, OwnChanges
from maintenance.spec_diff import main

Schemas = dict[str, Any]


@pytest.fixture(scope="module")
def oasdiff() -> None:
    if shutil.which("oasdiff") is None and shutil.which("go") is None:
        pytest.skip("needs oasdiff, or Go to install it")
    own_changes.find_oasdiff()


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Our description, in a git repository of its own."""
    file = tmp_path / "openapi.yaml"
    shutil.copy(OWN, file)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "openapi.yaml"], ["commit", "-q", "-m", "Describe"]):
        subprocess.run([*git, *command], cwd=tmp_path, check=True)
    return file


def edit(own: Path, change: Callable[[Schemas], object], version: str = "1.0.0") -> None:
    document = load_yaml(own.read_text(encoding="utf-8"))
    document["info"]["version"] = version
    change(document["components"]["schemas"])
    own.write_text(json.dumps(document), encoding="utf-8")


def add_field(schemas: Schemas) -> None:
    schemas["ChatRequest"]["properties"]["new"] = {"type": "integer", "description": "New."}


def remove_field(schemas: Schemas) -> None:
    del schemas["VersionResponse"]["properties"]["version"]
    schemas["VersionResponse"].pop("required", None)


def change_type(schemas: Schemas) -> None:
    schemas["EmbedRequest"]["properties"]["dimensions"]["type"] = "string"


def drop_optional_answer(schemas: Schemas) -> None:
    del schemas["ChatResponse"]["properties"]["load_duration"]


def demand_field(schemas: Schemas) -> None:
    schemas["CopyRequest"]["required"].append("why")
    schemas["CopyRequest"]["properties"]["why"] = {"type": "string", "description": "Why."}


def add_word(schemas: Schemas) -> None:
    schemas["DoneReason"]["enum"].append("tired")


def allow_null(schemas: Schemas) -> None:
    schemas["VersionResponse"]["properties"]["version"]["type"] = ["string", "null"]


def reword(schemas: Schemas) -> None:
    schemas["DoneReason"]["description"] = "Other words."


@pytest.mark.slow
@pytest.mark.usefixtures("oasdiff")
@pytest.mark.parametrize(
    ("change", "bump", "version"),
    [
        (add_field, "minor", "1.1.0"),
        (add_word, "minor", "1.1.0"),
        (allow_null, "minor", "1.1.0"),
        (remove_field, "major", "2.0.0"),
        (drop_optional_answer, "major", "2.0.0"),
        (change_type, "major", "2.0.0"),
        (demand_field, "major", "2.0.0"),
        (reword, "patch", "1.0.1"),
    ],
)
def test_a_change_asks_for_a_version(
    own: Path, change: Callable[[Schemas], object], bump: str, version: str, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(own, change)
    assert main(["--description", str(own), "--old", "HEAD", "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["bump"], told["enough"]) == (bump, False)
    assert any(found["breaking"] for found in told["changes"]) == (bump == "major")
    edit(own, lambda schemas: None, version)
    assert main(["--description", str(own), "--old", "HEAD", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["enough"] is True


@pytest.mark.slow
@pytest.mark.usefixtures("oasdiff")
def test_what_breaks_is_named_with_its_operation(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(own, change_type)
    assert main(["--description", str(own), "--old", "HEAD"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "breaking  POST /api/embed: the dimensions request property type changed from integer to string",
        "1 change: this asks for a major version after 1.0.0; 1.0.0 is not enough: set info.version to 2.0.0.",
    ]


def test_nothing_changed(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--description", str(own), "--old", "HEAD"]) == 0
    assert capsys.readouterr().out == "Nothing changed.\n"


def test_an_unknown_ref_is_said(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--description", str(own), "--old", "no-such-ref"]) == 2
    assert "openapi.yaml of no-such-ref cannot be read" in capsys.readouterr().err


def test_without_oasdiff_and_go_the_way_out_is_said(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(own_changes, "_BIN", own.parent)
    git = Path(shutil.which("git") or "")
    (own.parent / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(own.parent))
    edit(own, add_field)
    assert main(["--description", str(own), "--old", "HEAD"]) == 2
    assert "Install Go" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "breaking", "wanted"), [("1.2.3", True, "2.0.0"), ("1.2.3", False, "1.3.0"), ("0.9.0", True, "1.0.0")]
)
def test_a_step_sets_the_numbers_after_it_to_zero(old: str, breaking: bool, wanted: str) -> None:
    found = OwnChanges(True, [Change(breaking, "", "text", "kind")], old, old)
    assert found.wanted == wanted
    assert not found.enough
