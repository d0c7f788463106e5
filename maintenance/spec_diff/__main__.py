"""`make spec-diff`: what another description of the API has, or what changed in our own since a git ref.

The exit status is 0 without differences, 1 with some, 2 when the two cannot be compared.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import attrs

from maintenance.description import OWN, Description, Object, UnreadableError, parse, read_description
from maintenance.spec_diff.differences import Difference, differences

# The interfaces of other makers, which the server speaks as well, are no part of this API.
_OF_OTHERS = "audio/transcriptions chat/completions completions embeddings images/edits images/generations messages"
_OTHERS = [f"/v1/{path}" for path in f"{_OF_OTHERS} models models/{{model}} responses".split()]


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, and print what was found."""
    parser = argparse.ArgumentParser(prog="spec-diff", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--description", type=Path, default=OWN, help="our description (default: openapi.yaml)")
    with_what = parser.add_mutually_exclusive_group(required=True)
    with_what.add_argument("--upstream", type=Path, help="the file of another description")
    with_what.add_argument("--old", help="a git ref, such as v0.1.0 or main")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    given = parser.parse_args(arguments)
    version = None
    try:
        own = read_description(given.description)
        if given.old:
            before = at_ref(given.old, given.description)
            found = list(differences(before, own, own=True))
            version = version_after(found, before, own)
        else:
            found = list(differences(own, read_description(given.upstream)))
            found = [one for one in found if one.operation.partition(" ")[2] not in _OTHERS]
    except UnreadableError as error:
        print(f"spec-diff: {error}", file=sys.stderr)
        return 2
    counted = Counter(one.kind for one in found)
    counts = {kind: counted[kind] for kind in ("new", "gone", "changed")}
    if given.format == "json":
        rows = [attrs.asdict(one) | ({"breaking": one.breaking} if version else {}) for one in found]
        told = {"counts": counts, "differences": rows, **({"version": version} if version else {})}
        print(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        print(*(f"{one}{'  (breaking)' * bool(version and one.breaking)}\n" for one in found), sep="", end="")
        print(", ".join(f"{count} {kind}" for kind, count in counts.items()) if found else "No differences.")
        if version:
            advice = "is enough" if version["enough"] else f"is not enough: set info.version to {version['wanted']}"
            what = "This asks" if found else "Texts changed, which asks"
            print(f"{what} for a {version['bump']} version after {version['old']}; {version['new']} {advice}.")
    return 1 if found or version else 0


def at_ref(ref: str, own: Path) -> Description:
    """Read what our description was at a git ref."""
    # --end-of-options: what begins with a dash is no option of git.
    command = ["git", "show", "--end-of-options", f"{ref}:./{own.name}"]
    done = subprocess.run(command, cwd=own.parent, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    if done.returncode:
        raise UnreadableError(f"{own.name} of {ref} cannot be read: {done.stderr.strip()}")
    return parse(done.stdout, f"{own.name} of {ref}")


def version_after(found: list[Difference], old: Description, new: Description) -> Object | None:
    """Return the version that the changes require, and whether ours is enough; None if nothing changed."""
    if old.document == new.document:
        return None
    before, now = (str(one.document["info"]["version"]) for one in (old, new))
    bump = "major" if any(one.breaking for one in found) else "minor" if found else "patch"
    wanted = next_version(before, bump)
    return {"old": before, "new": now, "bump": bump, "wanted": wanted, "enough": _numbers(now) >= _numbers(wanted)}


def next_version(version: str, bump: str) -> str:
    """Return the version that is a major, minor or patch step after another."""
    major, minor, patch = _numbers(version)
    steps = {"major": (major + 1, 0, 0), "minor": (major, minor + 1, 0), "patch": (major, minor, patch + 1)}
    return ".".join(map(str, steps[bump]))


def _numbers(version: str) -> tuple[int, int, int]:
    try:
        major, minor, patch = map(int, version.split("."))
    except ValueError as error:
        raise UnreadableError(f"info.version is {version!r}, and not of the form 1.2.3") from error
    return major, minor, patch


if __name__ == "__main__":
    sys.exit(main())
