"""The rows of the command line's file: looked through before the first request, then read again one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ollama_sdk.overlay import RequestError
from ollama_sdk.overlay.batch._command_line.tables import Line, read_lines
from ollama_sdk.overlay.batch._results import RowError

_SHOWN = 10  # numbers of lines in a message


class Input:
    """The rows of a file.

    Args:
        path: The file.
        id: The field that names a row; None for `id`, where each row has that.
    """

    def __init__(self, path: Path, id: str | None) -> None:
        self._path = path
        self._id = "id" if id is None else id
        self._must_have_ids = id is not None
        self._count = 0
        self.has_ids = False

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Line]:
        return read_lines(self._path)

    def id_of(self, line: Line) -> object:
        """The id of a row; raise RowError when it has none."""
        if line.fields is None:
            return f"line-{line.number}"
        if self._id not in line.fields:
            raise RowError(f"line {line.number}: the row has no field {self._id!r}, which is to be its id")
        return line.fields[self._id]

    def check(self, fields: Sequence[str], *, strict: bool) -> list[str]:
        """Look through the file, and return what is wrong with single rows, which will fail.

        Args:
            fields: The fields that are needed.
            strict: Whether such rows end it all.

        Raises:
            RequestError: The file, or no line of it, can be read, no row has a field, or two rows have the same id.
        """
        if self._path.exists() and not (self._path.is_file() or self._path.is_dir()):
            raise RequestError(f"{self._path} is no regular file; the rows are read twice, so write them into one")
        unreadable: list[int] = []
        lacking: dict[str, list[int]] = {field: [] for field in fields}
        without_id: list[int] = []
        names: dict[str, None] = {}
        ids: dict[str, int] = {}
        twice = why = ""
        for line in self:
            self._count += 1
            if line.fields is None:
                unreadable.append(line.number)
                why = why or line.error
                continue
            names.update(dict.fromkeys(line.fields))
            for field in fields:
                if field not in line.fields:
                    lacking[field].append(line.number)
            if self._id not in line.fields:
                without_id.append(line.number)
            elif (first := ids.setdefault(str(line.fields[self._id]), line.number)) != line.number:
                twice = twice or f"the id {line.fields[self._id]!r} is on the lines {first} and {line.number}"
        readable = self._count - len(unreadable)
        if unreadable and not readable:
            raise RequestError(f"no line of {self._path} can be read, such as line {unreadable[0]}: {why}")
        self.has_ids = readable > 0 and (self._must_have_ids or not without_id)
        if twice and self.has_ids:
            raise RequestError(f"{twice} of {self._path}; make ids unique, or name another field by --id")
        problems = [f"{_lines(unreadable)} cannot be read"] if unreadable else []
        if self._must_have_ids:
            lacking.setdefault(self._id, without_id)
        for field, numbers in lacking.items():
            if numbers and len(numbers) == readable:
                raise RequestError(f"no row of {self._path} has the field {field!r}; they have {', '.join(names)}")
            if numbers:
                problems.append(f"{_lines(numbers)} of {self._path} {'have' if numbers[1:] else 'has'} no {field!r}")
        if problems and strict:
            raise RequestError("; ".join(problems))
        return problems


def _lines(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:_SHOWN]))
    more = f" and {len(numbers) - _SHOWN} more" if len(numbers) > _SHOWN else ""
    return f"line{'s' if numbers[1:] else ''} {shown}{more}"
