"""What changed in our own description since a git ref, whether it breaks callers, and the version it asks for.

The comparing is done by oasdiff, which knows some 500 kinds of change. Three things are judged for the client that is
compiled here, in oasdiff-levels.txt: a name that callers write (an operation, a tag, a schema, a property) must stay;
the sets of known words are open, so that they may grow and shrink; and every attribute may read None anyway.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

from attrs import define, frozen

from maintenance.fields import UnreadableError, read_document

MODULE = "github.com/oasdiff/oasdiff@v1.36.0"
_LEVELS = Path(__file__).with_name("oasdiff-levels.txt")
# Beside the other tools of the environment that this runs in.
_BIN = Path(sys.executable).parent
_ABOUT_THE_VERSION = ("api-version-not-bumped", "api-major-version-not-bumped", "api-version-decreased")

Bump = Literal["none", "patch", "minor", "major"]


@frozen
class Change:
    """One change.

    Attributes:
        breaking: Whether programs that use the client may have to be edited.
        operation: Method and path; empty for what belongs to none.
        text: What changed, in words.
        kind: The name that oasdiff gives to this kind of change.
    """

    breaking: bool
    operation: str
    text: str
    kind: str

    def __str__(self) -> str:
        return f"{'breaking' if self.breaking else 'ok':10}{f'{self.operation}: ' if self.operation else ''}{self.text}"


@define
class OwnChanges:
    """All changes since a git ref.

    Attributes:
        changed: Whether anything changed; texts do not show in `changes`.
        changes: What changed, what breaks first.
        old_version: The version of the description then.
        new_version: Its version now.
    """

    changed: bool
    changes: list[Change]
    old_version: str
    new_version: str

    @property
    def bump(self) -> Bump:
        """The step of the version that the changes ask for."""
        if any(change.breaking for change in self.changes):
            return "major"
        if self.changes:
            return "minor"
        return "patch" if self.changed else "none"

    @property
    def wanted(self) -> str:
        """The lowest version that tells of the changes."""
        major, minor, patch = _numbers(self.old_version)
        steps = {"major": (major + 1, 0, 0), "minor": (major, minor + 1, 0), "patch": (major, minor, patch + 1)}
        return ".".join(map(str, steps.get(self.bump, (major, minor, patch))))

    @property
    def enough(self) -> bool:
        """Whether the description's version already tells of them."""
        return _numbers(self.new_version) >= _numbers(self.wanted)

    @property
    def verdict(self) -> str:
        """What the changes mean for the version, in words."""
        if not self.changed:
            return "Nothing changed."
        advice = "is enough" if self.enough else f"is not enough: set info.version to {self.wanted}"
        count = len(self.changes)
        what = f"{count} change{'s' * (count > 1)}" if count else "Only texts changed"
        return f"{what}: this asks for a {self.bump} version after {self.old_version}; {self.new_version} {advice}."


def own_changes(ref: str, own: Path) -> OwnChanges:
    """Compare our description with what it was at a git ref.

    Raises:
        UnreadableError: There is no such ref, the description cannot be read, or oasdiff is missing.
    """
    now = read_document(own)
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder) / "openapi.yaml"
        before.write_bytes(_at(ref, own))
        then = read_document(before)
        found = [] if then == now else _oasdiff(before, own)
    changes = [
        Change(
            breaking=item["level"] > 1,
            operation=f"{item['operation']} {item['path']}" if item.get("path") else "",
            text=item["text"].replace("`", ""),
            kind=item["id"],
        )
        for item in found
        if item["id"] not in _ABOUT_THE_VERSION
    ]
    changes.sort(key=lambda change: not change.breaking)
    return OwnChanges(then != now, changes, str(then["info"]["version"]), str(now["info"]["version"]))


def _at(ref: str, own: Path) -> bytes:
    # --end-of-options: what begins with a dash is no option of git.
    command = ["git", "show", "--end-of-options", f"{ref}:./{own.name}"]
    done = subprocess.run(command, cwd=own.parent, capture_output=True, check=False)  # noqa: S603 - no shell
    if done.returncode:
        raise UnreadableError(f"{own.name} of {ref} cannot be read: {done.stderr.decode().strip()}")
    return done.stdout


def _oasdiff(old: Path, new: Path) -> list[dict[str, Any]]:
    command = [find_oasdiff(), "changelog", str(old), str(new), "--format", "json", "--severity-levels", str(_LEVELS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    if done.returncode:
        raise UnreadableError(f"oasdiff failed: {done.stderr.strip() or done.stdout.strip()}")
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def find_oasdiff() -> str:
    """The oasdiff program: one that is installed, else one that the Go toolchain installs beside our Python.

    Raises:
        UnreadableError: There is neither oasdiff nor Go, or the installation failed.
    """
    installed = shutil.which("oasdiff") or shutil.which("oasdiff", path=_BIN)
    if installed:
        return installed
    go = shutil.which("go")
    if go is None:
        raise UnreadableError(
            f"neither oasdiff nor go is in PATH. Install Go, and 'go install {MODULE}' is done here; or compare the "
            "fields alone, which needs neither: git show REF:openapi.yaml >old.yaml; make spec-diff UPSTREAM=old.yaml"
        )
    print(f"Installing {MODULE.partition('@')[0]} into {_BIN} (a minute or two, once)", file=sys.stderr)
    done = subprocess.run(  # noqa: S603 - no shell
        [go, "install", MODULE], env={**os.environ, "GOBIN": str(_BIN)}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UnreadableError(f"'go install {MODULE}' failed: {done.stderr.strip()}")
    return str(_BIN / "oasdiff")


def _numbers(version: str) -> tuple[int, int, int]:
    try:
        major, minor, patch = (int(number) for number in version.split("."))
    except ValueError as error:
        raise UnreadableError(f"info.version is {version!r}, and not of the form 1.2.3") from error
    return major, minor, patch
