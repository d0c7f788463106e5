"""`make spec-diff`: what another description of the API has, or what changed in our own since a git ref.

The exit status is 0 without differences, 1 with some, 2 when the two cannot be compared.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from maintenance.description import OWN
from maintenance.differences import Difference, differences
from maintenance.fact_tables import read_fact_tables
from maintenance.fields import Object, UnreadableError, operations_of, read_document
from maintenance.own_changes import OwnChanges, own_changes

# The interfaces of other makers, which the server speaks as well, are no part of this API.
_OTHERS = (
    "/v1/audio/transcriptions",
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/images/edits",
    "/v1/images/generations",
    "/v1/messages",
    "/v1/models",
    "/v1/models/{model}",
    "/v1/responses",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, and print what was found."""
    parser = argparse.ArgumentParser(prog="spec-diff", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--description", type=Path, default=OWN, help="our description (default: openapi.yaml)")
    with_what = parser.add_mutually_exclusive_group(required=True)
    with_what.add_argument("--upstream", type=Path, help="another description: a file, or a folder of fact tables")
    with_what.add_argument("--old", help="a git ref, such as v0.1.0 or main")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--output", type=Path, help="write there instead of printing")
    given = parser.parse_args(arguments)
    try:
        result = own_changes(given.old, given.description) if given.old else None
        found = [] if result else compare(given.description, given.upstream)
    except UnreadableError as error:
        print(f"spec-diff: {error}", file=sys.stderr)
        return 2
    told = _own_as_json(result) if result else _as_json(found)
    text = _own_as_text(result) if result else _as_text(found)
    output = json.dumps(told, indent=2, ensure_ascii=False) if given.format == "json" else text
    if given.output:
        given.output.write_text(output + "\n", encoding="utf-8")
    else:
        print(output)
    return 1 if (result.changed if result else found) else 0


def compare(own: Path, upstream: Path) -> list[Difference]:
    """What a file or folder says of the API that our description does not, and the other way round.

    Raises:
        UnreadableError: One of the two cannot be read.
    """
    ours, theirs = operations_of(read_document(own)), operations_of(_read_upstream(upstream))
    return differences(ours, {key: told for key, told in theirs.items() if told.path not in _OTHERS})


def _read_upstream(upstream: Path) -> Object:
    if not upstream.is_dir():
        return read_document(upstream)
    for name in ("openapi.yaml", "openapi.yml", "openapi.json"):
        if (upstream / name).is_file():
            return read_document(upstream / name)
    return read_fact_tables(upstream)


def _as_text(found: list[Difference]) -> str:
    if not found:
        return "No differences."
    return "\n".join([*map(str, found), ", ".join(f"{count} {kind}" for kind, count in _counts(found).items())])


def _as_json(found: list[Difference]) -> dict[str, Any]:
    return {"counts": _counts(found), "differences": [attrs.asdict(difference) for difference in found]}


def _counts(found: list[Difference]) -> dict[str, int]:
    counted = Counter(difference.kind for difference in found)
    return {kind: counted[kind] for kind in ("new", "gone", "changed")}


def _own_as_text(result: OwnChanges) -> str:
    return "\n".join([*map(str, result.changes), result.verdict])


def _own_as_json(result: OwnChanges) -> dict[str, Any]:
    return {**attrs.asdict(result), "bump": result.bump, "enough": result.enough}


if __name__ == "__main__":
    sys.exit(main())
