"""What one API description has new, lacks, or says differently than another, operation by operation and field by field.

Descriptions leave things unsaid: whether a field may be null or left out, the format of a number, what is in a
free-form object. What only one of the two says is no difference, except that the other one has a field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from attrs import frozen

from maintenance.description import Description
from maintenance.spec_diff.fields import PARTS, Field, Fields, fields_of


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


def differences(old: Description, new: Description, *, own: bool = False) -> Iterator[Difference]:
    """Give what is new, gone and changed in the second description, in the order of the operations.

    Args:
        old: The first description.
        new: The second description.
        own: Both are ours, and leave nothing unsaid: names that callers write are compared too, and what is required.

    Raises:
        UnreadableError: One of the two is not written as in OpenAPI.
    """
    if own:
        names = _names(new)
        yield from (Difference("gone", name, what="name") for name in _names(old) if name not in names)
    # Operations that differ only in the names of path parameters are the same.
    before, after = (
        {re.sub(r"{[^}]*}", "{}", one.place.rstrip("/")): one for one in both.operations} for both in (old, new)
    )
    for key in before | after:
        if key not in after:
            yield Difference("gone", before[key].place)
        elif key not in before:
            yield Difference("new", after[key].place)
        else:
            first, second = fields_of(old, before[key]), fields_of(new, after[key])
            for part in PARTS:
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
            for what, first, second in _of_field(before, after):
                yield Difference("changed", operation, part, place, what, first, second)
            if sent and after.required and not before.required:
                yield Difference("changed", operation, part, place, "required", "no", "yes")
            continue
        has, lacks = (new, old) if after else (old, new)
        outer = lacks.get(path[:-1])
        if path and path[:-1] in has and not (outer and outer.types):
            continue  # what is around it is told, or its fields are
        if after:
            what = "required field" if sent and after.required else "field"
            yield Difference("new", operation, part, place, what, new=_type(after))
        elif before and (own or not outer or not outer.free):
            yield Difference("gone", operation, part, place, "field", old=_type(before))


def _of_field(old: Field, new: Field) -> Iterator[tuple[str, str, str]]:
    if not old.types or not new.types:
        return
    if old.types != new.types:
        yield "type", _type(old), _type(new)
    elif old.formats and new.formats and old.formats != new.formats:
        yield "format", _listed(old.formats), _listed(new.formats)
    if new.words and old.words != new.words:
        yield "values", _listed(old.words - new.words), _listed(new.words - old.words)


def _type(field: Field) -> str:
    return " | ".join(sorted(field.types)) or "any"


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
