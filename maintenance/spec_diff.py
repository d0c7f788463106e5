"""`make spec-diff`: what another description of the API has, or what changed in our own since a git ref.

Descriptions are compared operation by operation and field by field. How one is cut into named schemas, `allOf` and
`anyOf` is no difference, nor is what it leaves unsaid: whether a field may be null or left out, the format of a number,
what is in a free-form object. Two of our own leave nothing unsaid: there, names and what is required are compared too.

The exit status is 0 without differences, 1 with some, 2 when the two cannot be compared.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from attrs import asdict, frozen

from maintenance.description import (
    OWN,
    DescribedOperation,
    Description,
    Object,
    UnreadableError,
    parse,
    read_description,
    written_as_openapi,
)

# The interfaces of other makers, which the server speaks as well, are no part of this API.
_OF_OTHERS = "audio/transcriptions chat/completions completions embeddings images/edits images/generations messages"
_OTHERS = [f"/v1/{path}" for path in f"{_OF_OTHERS} models models/{{model}} responses".split()]
_PARTS = ("query", "header", "request", "response")
_TYPES = {bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
_TOLD_BY = {"properties": "object", "additionalProperties": "object", "items": "array"}

# What is said of fields, by their paths in pieces, as ("models", "[]", ".size") or ("files", "{}"); () is the body.
# `type` has no null, and is empty for a schema inside itself, whose fields are told further up. `free` is an object
# whose fields are not told, or not all of them.
Field = dict[str, set[str]]
Fields = dict[tuple[str, ...], Field]


@frozen
class Difference:
    """One difference, as seen from the first description.

    Attributes:
        kind: Whether the second one has it new, lacks it, or says something else.
        operation: Method and path.
        part: Where the field is: request, response, query or header; empty for a whole operation.
        field: The path of the field; empty for the body itself, and for a whole operation.
        what: What differs: operation, name, field, required field, type, format, values or required.
        old: What the first one says; empty when it has no such thing.
        new: What the second one says; empty when it has no such thing.
    """

    kind: Literal["new", "gone", "changed"]
    operation: str
    part: str = ""
    field: str = ""
    what: str = "operation"
    old: str = ""
    new: str = ""

    @property
    def breaking(self) -> bool:
        """Whether programs may have to be edited. The sets of known words are open: they may grow and shrink."""
        return self.kind == "gone" or self.what in ("required field", "type", "format", "required")

    def __str__(self) -> str:
        if not self.part:
            return f"{self.kind:8}{self.operation}"
        place = f"{self.operation} {self.part} " + (f"field `{self.field}`" if self.field else "body")
        told = f"{self.what} {self.old or 'none'} -> {self.new or 'none'}" if self.kind == "changed" else ""
        return f"{self.kind:8}{place}: {told or self.new or self.old}"


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
        rows = [asdict(one) | ({"breaking": one.breaking} if version else {}) for one in found]
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


def differences(old: Description, new: Description, *, own: bool = False) -> Iterator[Difference]:
    """Give what is new, gone and changed in the second description; `own` says that both are ours.

    Raises:
        UnreadableError: One of the two is not written as in OpenAPI.
    """
    if own:
        names = _names(new)
        yield from (Difference("gone", name, what="name") for name in _names(old) if name not in names)
    # Operations that differ only in the names of path parameters are the same.
    before, after = (
        {re.sub("{.*?}", "{}", one.place.rstrip("/")): one for one in api.operations} for api in (old, new)
    )
    for key in before | after:
        if key not in after:
            yield Difference("gone", before[key].place)
        elif key not in before:
            yield Difference("new", after[key].place)
        else:
            first, second = _fields(old, before[key]), _fields(new, after[key])
            for part in _PARTS:
                yield from _of_fields(before[key].place, part, first[part], second[part], own)


def _names(description: Description) -> list[str]:
    """The names that become functions, modules and classes."""
    operations = [f"{'/'.join(one.node.get('tags', ()))}/{one}" for one in description.operations]
    return [*(f"the operation {name}" for name in operations), *(f"the schema {name}" for name in description.schemas)]


def _of_fields(operation: str, part: str, old: Fields, new: Fields, own: bool) -> Iterator[Difference]:
    sent = own and part != "response"
    for path in old | new:
        place, before, after = "".join(path), old.get(path), new.get(path)
        if before and after:
            for what, first, second in _of_field(before, after, sent):
                yield Difference("changed", operation, part, place, what, _listed(first), _listed(second))
            continue
        has, lacks = (new, old) if after else (old, new)
        outer = lacks.get(path[:-1])
        if path and path[:-1] in has and not (outer and outer["type"]):
            continue  # what is around it is told, or its fields are
        if after:
            what = "required field" if sent and after["required"] else "field"
            yield Difference("new", operation, part, place, what, new=_listed(after["type"]) or "any")
        elif before and (own or not outer or not outer["free"]):
            yield Difference("gone", operation, part, place, "field", old=_listed(before["type"]) or "any")


def _of_field(old: Field, new: Field, sent: bool) -> Iterator[tuple[str, set[str], set[str]]]:
    for what in ("type", "format"):
        if old[what] and new[what] and old[what] != new[what]:
            yield what, old[what], new[what]
    if old["type"] and new["values"] and old["values"] != new["values"]:
        yield "values", old["values"] - new["values"], new["values"] - old["values"]
    if sent and new["required"] and not old["required"]:
        yield "required", {"no"}, {"yes"}


def _listed(names: set[str]) -> str:
    return " | ".join(sorted(names))


def _fields(description: Description, operation: DescribedOperation) -> dict[str, Fields]:
    """Return the fields of an operation by part."""
    parts: dict[str, Fields] = {part: {} for part in _PARTS}
    with written_as_openapi(operation.path):
        for parameter in map(description.resolve, operation.node["parameters"]):
            fields = parts.get(parameter["in"], {})
            _add(description, parameter.get("schema", {}), (parameter["name"],), fields)
            fields[parameter["name"],]["required"] |= {"yes"} if parameter.get("required") else set()
        bodies = [("request", operation.node.get("requestBody") or {})]
        bodies += [("response", body) for status, body in operation.responses.items() if str(status).startswith("2")]
        for part, body in bodies:  # whole and line by line; several make one shape
            for media_type, unresolved in (description.resolve(body).get("content") or {}).items():
                if "json" in media_type:
                    content = description.resolve(unresolved)
                    _add(description, content.get("schema", content.get("itemSchema", {})), (), parts[part])
    return parts


def _add(
    description: Description, schema: Any, path: tuple[str, ...], fields: Fields, within: tuple[str, ...] = ()
) -> None:
    """Add a schema to the field at `path`, and its own fields; `within` are the references that lead to it."""
    found = fields.setdefault(path, defaultdict(set))
    if not isinstance(schema, dict) or not schema:  # true, {}: anything goes
        found["type"].add("any")
        return
    reference = schema.get("$ref")
    if reference and reference not in within:
        _add(description, description.resolve(schema), path, fields, (*within, reference))
    parts = [part for key in ("allOf", "anyOf", "oneOf") for part in schema.get(key, ())]
    for part in parts:
        _add(description, part, path, fields, within)
    values = [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else ())]
    found["values"] |= {word for word in values if isinstance(word, str) and word}
    types = (
        schema.get("type")
        or [_TYPES.get(type(value), "string") for value in values if value is not None]  # YAML makes dates of some
        or [name for key, name in _TOLD_BY.items() if key in schema]
        or ([] if reference or parts else ["any"])
    )
    found["type"] |= {*([types] if isinstance(types, str) else types)} - {"null"}
    found["format"] |= {*filter(None, [schema.get("format")])}
    for name, part in (schema.get("properties") or {}).items():
        inner = (*path, f".{name}" if path else name)
        _add(description, part, inner, fields, within)
        fields[inner]["required"] |= {"yes"} if name in schema.get("required", ()) else set()
    if "items" in schema:
        _add(description, schema["items"], (*path, "[]"), fields, within)
    others = schema.get("additionalProperties")
    if isinstance(others, dict) and others:
        _add(description, others, (*path, "{}"), fields, within)
    elif "object" in found["type"] and (others or not schema.get("properties")) and not reference and not parts:
        found["free"].add("yes")


if __name__ == "__main__":
    sys.exit(main())
