"""The changelog tells of the version, in the form of keepachangelog.com."""

from __future__ import annotations

import importlib.metadata
import re

from maintenance.description import ROOT

CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
ENTRIES = re.findall(r"^## \[(.+?)\](?: - (.+))?$", CHANGELOG, re.MULTILINE)
VERSION = importlib.metadata.version("ollama-sdk")


def test_the_newest_entry_of_the_changelog_is_this_version() -> None:
    version, date = next(entry for entry in ENTRIES if entry[0] != "Unreleased")
    assert version == VERSION
    assert re.fullmatch(r"\d{4}-\d\d-\d\d|unreleased", date)


def test_the_entries_of_the_changelog_are_in_order_with_links_and_of_the_known_kinds() -> None:
    versions = [tuple(map(int, version.split("."))) for version, _ in ENTRIES if version != "Unreleased"]
    assert versions == sorted(set(versions), reverse=True)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", date) for version, date in ENTRIES[1:] if version != VERSION)
    assert set(re.findall(r"^\[(.+)\]: https://", CHANGELOG, re.MULTILINE)) >= {entry[0] for entry in ENTRIES}
    kinds = set(re.findall(r"^### (.*)$", CHANGELOG, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
