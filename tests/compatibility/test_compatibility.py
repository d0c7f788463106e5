"""What the last release promised its users is still there, and the changelog tells of the version."""

from __future__ import annotations

import importlib.metadata
import re

import pytest

from maintenance.description import ROOT
from maintenance.public_api import BASELINE, breakages, may_break, public_api, version_of

pytest.importorskip("griffe", reason="griffelib of the group test is not installed")

CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
ENTRIES = re.findall(r"^## \[(.+?)\](?: - (.+))?$", CHANGELOG, re.MULTILINE)
VERSION = importlib.metadata.version("ollama-sdk")
WHAT_TO_DO = """
The public API of {old} is broken by what is here, which calls itself {new}:
{found}
Bring back what was there: keep the old name or parameter beside the new one, and let it warn (docs/compatibility.md).
If it has to go, raise the version in overlay/ollama_sdk/overlay/_version.py, and say so under Changed or Removed in
CHANGELOG.md.
"""
API = """
class Ollama(Base):
    def chat(self, model, messages=None, *, stream=False, keep_alive=None): ...
    base_url = ...
class Base(): ...
"""


def test_nothing_that_the_last_release_had_is_broken() -> None:
    old, new = BASELINE.read_text(encoding="utf-8"), public_api()
    found = breakages(old, new)
    allowed = may_break(version_of(old), VERSION)
    message = WHAT_TO_DO.format(old=version_of(old), new=VERSION, found="\n".join(f"  {line}" for line in found))
    assert not found or allowed, message


def test_the_written_api_has_the_clients_the_models_and_the_keyword_arguments() -> None:
    text = public_api()
    assert version_of(text) == VERSION
    assert breakages(text, text) == []
    for part in (
        "class AsyncOllama(",
        "    def chat(self, model, messages=None, *, ",
        "class ChatResponse(",
        "class ConnectError(OllamaError, ConnectionError, ",
        ", keep_alive=..., ",
        "class testing_OllamaServer(",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("class Base(): ...", "", "Base: Public object was removed"),
        ("    base_url = ...", "", "Ollama.base_url: Public object was removed"),
        ("class Ollama(Base):", "class Ollama():", "Ollama: Base class was removed"),
        (", messages=None", "", "Ollama.chat(messages): Parameter was removed"),
        ("messages=None", "messages", "Ollama.chat(messages): Parameter is now required"),
        ("messages=None, *", "*, messages=None", "Ollama.chat(messages): Parameter kind was changed"),
        (", keep_alive=None", "", "Ollama.chat(keep_alive): Parameter was removed"),
        ("stream=False", "stream=True", "Ollama.chat(stream): Parameter default was changed"),
        ("stream=False", "stream=False, key", "Ollama.chat(key): Parameter was added as required"),
        (
            "    base_url = ...",
            "    def base_url(self): ...",
            "Ollama.base_url: Public object points to a",
        ),
    ],
)
def test_what_breaks_callers_is_named(before: str, after: str, said: str) -> None:
    assert said in " ".join(breakages(API, API.replace(before, after)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("class Base(): ...", "class Base(): ...\nclass Another(): ..."),
        ("stream=False", "stream=False, new=None"),
        ("    base_url = ...", "    base_url = ...\n    another = ..."),
    ],
)
def test_what_is_added_breaks_nothing(before: str, after: str) -> None:
    assert breakages(API, API.replace(before, after)) == []


@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [
        ("0.1.0", "0.1.1", False),
        ("0.1.0", "0.2.0", True),
        ("0.9.3", "1.0.0", True),
        ("1.2.0", "1.3.0", False),
        ("1.2.0", "2.0.0", True),
    ],
)
def test_a_version_may_break_what_semantic_versioning_lets_it_break(old: str, new: str, allowed: bool) -> None:
    assert may_break(old, new) is allowed


def test_the_newest_entry_of_the_changelog_is_this_version() -> None:
    version, date = next(entry for entry in ENTRIES if entry[0] != "Unreleased")
    assert version == VERSION
    assert re.fullmatch(r"\d{4}-\d\d-\d\d|unreleased", date)


def test_the_entries_of_the_changelog_are_in_order_and_of_the_known_kinds() -> None:
    versions = [tuple(map(int, version.split("."))) for version, _ in ENTRIES if version != "Unreleased"]
    assert versions == sorted(set(versions), reverse=True)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", date) for version, date in ENTRIES[1:] if version != VERSION)
    kinds = set(re.findall(r"^### (.*)$", CHANGELOG, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
