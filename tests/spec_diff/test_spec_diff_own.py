"""`make spec-diff OLD=...` tells what changed in our description, what of it breaks, and which version it asks for."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maintenance.description import OWN, parse
from maintenance.spec_diff import main, next_version

Document = dict[str, Any]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Our description, in a git repository of its own."""
    file = tmp_path / "openapi.yaml"
    shutil.copy(OWN, file)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "openapi.yaml"], ["commit", "-q", "-m", "Describe"]):
        subprocess.run([*git, *command], cwd=tmp_path, check=True)
    return file


def edit(own: Path, change: Callable[[Document], object], version: str = "1.0.0") -> None:
    document = parse(own.read_text(encoding="utf-8"), own.name).document
    document["info"]["version"] = version
    change(document)
    own.write_text(json.dumps(document), encoding="utf-8")


def schema(document: Document, name: str) -> Any:
    return document["components"]["schemas"][name]


def add_field(document: Document) -> None:
    schema(document, "ChatRequest")["properties"]["new"] = {"type": "integer", "description": "New."}


def add_route(document: Document) -> None:
    document["paths"]["/api/new"] = {"get": {"operationId": "new", "responses": {}}}


def remove_route(document: Document) -> None:
    del document["paths"]["/api/version"]


def remove_field(document: Document) -> None:
    del schema(document, "VersionResponse")["properties"]["version"]
    schema(document, "VersionResponse").pop("required", None)


def change_type(document: Document) -> None:
    schema(document, "EmbedRequest")["properties"]["dimensions"]["type"] = "string"


def drop_optional_answer(document: Document) -> None:
    del schema(document, "ChatResponse")["properties"]["load_duration"]


def demand_new_field(document: Document) -> None:
    schema(document, "CopyRequest")["required"].append("why")
    schema(document, "CopyRequest")["properties"]["why"] = {"type": "string", "description": "Why."}


def demand_field(document: Document) -> None:
    schema(document, "EmbedRequest")["required"].append("dimensions")


def rename_operation(document: Document) -> None:
    document["paths"]["/api/version"]["get"]["operationId"] = "version_of_server"


def rename_schema(document: Document) -> None:
    schemas = document["components"]["schemas"]
    schemas["Digests"] = schemas.pop("FileDigests")
    text = json.dumps(document).replace("#/components/schemas/FileDigests", "#/components/schemas/Digests")
    document.update(json.loads(text))


def add_word(document: Document) -> None:
    schema(document, "DoneReason")["enum"].append("tired")


def remove_word(document: Document) -> None:
    schema(document, "DoneReason")["enum"].pop()


def allow_null(document: Document) -> None:
    schema(document, "VersionResponse")["properties"]["version"]["type"] = ["string", "null"]


def reword(document: Document) -> None:
    schema(document, "DoneReason")["description"] = "Other words."


@pytest.mark.parametrize(
    ("change", "bump", "version"),
    [
        (add_field, "minor", "1.1.0"),
        (add_word, "minor", "1.1.0"),
        (remove_word, "minor", "1.1.0"),
        (add_route, "minor", "1.1.0"),
        (allow_null, "patch", "1.0.1"),
        (remove_field, "major", "2.0.0"),
        (drop_optional_answer, "major", "2.0.0"),
        (change_type, "major", "2.0.0"),
        (demand_new_field, "major", "2.0.0"),
        (demand_field, "major", "2.0.0"),
        (rename_schema, "major", "2.0.0"),
        (rename_operation, "major", "2.0.0"),
        (remove_route, "major", "2.0.0"),
        (reword, "patch", "1.0.1"),
    ],
)
def test_a_change_asks_for_a_version(
    own: Path, change: Callable[[Document], object], bump: str, version: str, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(own, change)
    assert main(["--description", str(own), "--old", "HEAD", "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["version"]["bump"], told["version"]["enough"]) == (bump, False)
    assert any(found["breaking"] for found in told["differences"]) == (bump == "major")
    edit(own, lambda document: None, version)
    assert main(["--description", str(own), "--old", "HEAD", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["version"]["enough"] is True


def test_what_breaks_is_named_with_its_operation(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(own, change_type)
    assert main(["--description", str(own), "--old", "HEAD"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "changed POST /api/embed request field `dimensions`: type integer -> string  (breaking)",
        "0 new, 0 gone, 1 changed",
        "This asks for a major version after 1.0.0; 1.0.0 is not enough: set info.version to 2.0.0.",
    ]


def test_texts_alone_are_no_difference_but_ask_for_a_version(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(own, reword)
    assert main(["--description", str(own), "--old", "HEAD"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "No differences.",
        "Texts changed, which asks for a patch version after 1.0.0; 1.0.0 is not enough: set info.version to 1.0.1.",
    ]


def test_nothing_changed(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--description", str(own), "--old", "HEAD"]) == 0
    assert capsys.readouterr().out == "No differences.\n"


def test_an_unknown_ref_is_said(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--description", str(own), "--old", "no-such-ref"]) == 2
    assert "openapi.yaml of no-such-ref cannot be read" in capsys.readouterr().err


def test_a_version_of_another_form_is_said(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(own, reword, "next")
    assert main(["--description", str(own), "--old", "HEAD"]) == 2
    assert "info.version is 'next', and not of the form 1.2.3" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "bump", "wanted"), [("1.2.3", "major", "2.0.0"), ("1.2.3", "minor", "1.3.0"), ("0.9.0", "major", "1.0.0")]
)
def test_a_step_sets_the_numbers_after_it_to_zero(old: str, bump: str, wanted: str) -> None:
    assert next_version(old, bump) == wanted
