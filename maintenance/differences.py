"""What another description of the API has new, lacks, or says differently, operation by operation and field by field.

Descriptions leave things unsaid: whether a field may be null or left out, the format of a number, what is in a
free-form object. What only one of the two says is no difference, except that the other one has a field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from attrs import frozen

from maintenance.fields import PARTS, Field, Fields, OperationFields

Kind = Literal["new", "gone", "changed"]


@frozen
class Difference:
    """One difference, as seen from the first description.

    Attributes:
        kind: Whether the second one has it new, lacks it, or says something else.
        operation: Method and path.
        part: Where the field is: request, response, query or header; empty for a whole operation.
        field: The path of the field; empty for the body itself, and for a whole operation.
        what: What differs: operation, field, type, format or values.
        old: What the first one says; empty when it has no such thing.
        new: What the second one says; empty when it has no such thing.
    """

    kind: Kind
    operation: str
    part: str = ""
    field: str = ""
    what: str = "operation"
    old: str = ""
    new: str = ""

    def __str__(self) -> str:
        if not self.part:
            return f"{self.kind:8}{self.operation}"
        place = f"{self.operation} {self.part} " + (f"field `{self.field}`" if self.field else "body")
        told = f"{self.what} {self.old or 'none'} -> {self.new or 'none'}" if self.kind == "changed" else ""
        return f"{self.kind:8}{place}: {told or self.new or self.old}"


def differences(old: Mapping[str, OperationFields], new: Mapping[str, OperationFields]) -> list[Difference]:
    """Compare two descriptions.

    Args:
        old: The operations of the first description, by `operations_of`.
        new: Those of the second.

    Returns:
        What is new, gone and changed in the second, in the order of the operations.
    """
    found: list[Difference] = []
    for key in (*old, *(key for key in new if key not in old)):
        if key not in new:
            found.append(Difference("gone", str(old[key])))
        elif key not in old:
            found.append(Difference("new", str(new[key])))
        else:
            for part in PARTS:
                before, after = old[key].parts.get(part, {}), new[key].parts.get(part, {})
                found += _of_fields(str(old[key]), part, before, after)
    return found


def _of_fields(operation: str, part: str, old: Fields, new: Fields) -> Iterator[Difference]:
    for path in (*old, *(path for path in new if path not in old)):
        before, after = old.get(path), new.get(path)
        if before and after:
            for what, first, second in _of_field(before, after):
                yield Difference("changed", operation, part, path, what, first, second)
        elif after:
            if not any(outer not in old or old[outer].again for outer in _outer(path, new)):
                yield Difference("new", operation, part, path, "field", new=after.type)
        elif before and not any(outer not in new or new[outer].again or new[outer].free for outer in _outer(path, old)):
            yield Difference("gone", operation, part, path, "field", old=before.type)


def _of_field(old: Field, new: Field) -> Iterator[tuple[str, str, str]]:
    if old.again or new.again:
        return
    if old.types != new.types:
        yield "type", old.type, new.type
    elif old.formats and new.formats and old.formats != new.formats:
        yield "format", _listed(old.formats), _listed(new.formats)
    if new.words and old.words != new.words:
        yield "values", _listed(old.words - new.words), _listed(new.words - old.words)


def _outer(path: str, fields: Fields) -> Iterator[str]:
    """The paths of the fields around a field, the body included."""
    return (outer for outer in fields if outer != path and path.startswith(outer) and _is_inside(path, outer))


def _is_inside(path: str, outer: str) -> bool:
    return outer == "" or path[len(outer)] in ".[{"


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
