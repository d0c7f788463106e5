"""The responses of `list()` and `ps()`, which print as tables, in a terminal and in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, TypeVar, cast

from ollama_sdk.generated import models
from ollama_sdk.generated.types import Model, Operation
from ollama_sdk.overlay._answers.answers import Source, parse_answer
from ollama_sdk.overlay._errors import printable

M = TypeVar("M", bound=Model)
Cell = Callable[[Any], object]


def parse_table(operation: Operation[Any, M], data: bytes, source: Source) -> M:
    """Return the answer of an operation that lists models as a response that prints as a table."""
    answer = parse_answer(operation, data, source)
    table: type[Model] = {models.ListResponse: ListResponse, models.ProcessResponse: ProcessResponse}[type(answer)]
    return cast("M", table.from_dict(answer._shallow_dict()))


class _Table(Model):
    """A response whose `models` are rows."""

    _columns: ClassVar[dict[str, Cell]]

    def __str__(self) -> str:
        lines = self._lines()
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        padded = ("   ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
        return "\n".join(line.rstrip() for line in padded)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        head, *lines = self._lines()
        body = "".join(_row("td", cells) for cells in lines)
        return f"<table><thead>{_row('th', head)}</thead><tbody>{body}</tbody></table>"

    def _lines(self) -> list[list[str]]:
        rows = [row for row in self.get("models") or () if isinstance(row, Model)]
        return [list(self._columns), *([printable(str(cell(row))) for cell in self._columns.values()] for row in rows)]


def _row(tag: str, cells: Sequence[str]) -> str:
    import html  # for notebooks alone

    return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"


def _size(row: Model) -> str:
    size = row.get("size")
    return human_size(size) if isinstance(size, int) and 0 < size < 1 << 63 else "-"


def _processor(row: Model) -> str:
    size, on_gpu = row.get("size"), row.get("size_vram", 0)
    if not isinstance(size, int) or not isinstance(on_gpu, int) or not 0 <= on_gpu <= size or not size:
        return "unknown"
    if on_gpu in (0, size):
        return "100% GPU" if on_gpu else "100% CPU"
    on_cpu = round((size - on_gpu) / size * 100)
    return f"{on_cpu}%/{100 - on_cpu}% CPU/GPU"


def _until(row: Model) -> str:
    expires = row.get("expires_at")
    if isinstance(expires, datetime) and _since(expires) > timedelta():
        return "stopping"
    return human_age(expires)


_COLUMNS: dict[str, Cell] = {
    "NAME": lambda row: row.get("name") or row.get("model") or "",
    "ID": lambda row: str(row.get("digest") or "").removeprefix("sha256:")[:12],
    "SIZE": _size,
}


class ListResponse(_Table, models.ListResponse):
    """The models that a server has; prints as a table."""

    _columns: ClassVar[dict[str, Cell]] = {**_COLUMNS, "MODIFIED": lambda row: human_age(row.get("modified_at"))}


class ProcessResponse(_Table, models.ProcessResponse):
    """The models that are loaded; prints as a table."""

    _columns: ClassVar[dict[str, Cell]] = {
        **_COLUMNS,
        "PROCESSOR": _processor,
        "CONTEXT": lambda row: row.get("context_length") or "",
        "UNTIL": _until,
    }


def human_size(size: int) -> str:
    """Return a number of bytes in decimal units, as Ollama's command shows it.

    Example:
        >>> human_size(98_362_432), human_size(1_321_098_329), human_size(512)
        ('98 MB', '1.3 GB', '512 B')
    """
    value, units = float(size), ["TB", "GB", "MB", "kB", "B"]
    while value >= 1000 and len(units) > 1:
        value /= 1000
        units.pop()
    return f"{value:.1f} {units[-1]}" if value < 10 and size >= 1000 else f"{int(value)} {units[-1]}"


_UNITS = {"year": 365 * 86400, "month": 30 * 86400, "week": 7 * 86400, "day": 86400, "hour": 3600, "minute": 60}
_FOREVER = timedelta(days=50 * 365)  # a negative keep_alive means a time centuries ahead


def human_age(moment: object) -> str:
    """Return how long ago a time was, or how far ahead it is; empty for anything but a datetime.

    Example:
        >>> human_age(datetime.now(UTC) - timedelta(days=3)), human_age(datetime.now(UTC) + timedelta(minutes=4.5))
        ('3 days ago', '4 minutes from now')
    """
    if not isinstance(moment, datetime):
        return ""
    age = _since(moment)
    if age < -_FOREVER:
        return "forever"
    seconds = int(abs(age).total_seconds())
    unit = next((unit for unit, size in _UNITS.items() if seconds >= size), "second")
    count = seconds // _UNITS.get(unit, 1)
    return f"{count} {unit}{'' if count == 1 else 's'} {'ago' if age >= timedelta() else 'from now'}"


def _since(moment: datetime) -> timedelta:
    return datetime.now(UTC) - (moment if moment.tzinfo else moment.replace(tzinfo=UTC))
