"""Rows from files: JSON lines, and CSV with a line of names."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from ollama_sdk.overlay import RequestError

_CSV = {".csv": ",", ".tsv": "\t"}


@frozen
class Line:
    """A row of a file.

    Attributes:
        number: The number of its line, from 1.
        fields: Its fields; None when it cannot be read.
        error: Why it cannot be read.
    """

    number: int
    fields: Mapping[str, Any] | None = None
    error: str = ""


def read_lines(path: Path) -> Iterator[Line]:
    """The rows of a file: CSV when it is called .csv or .tsv, JSON lines otherwise. Blank lines are no rows.

    Raises:
        RequestError: The file cannot be read, or is CSV without names.
    """
    try:
        with path.open("rb") as file:
            separator = _CSV.get(path.suffix.lower())
            yield from _json_lines(file) if separator is None else _csv_lines(file, separator)
    except OSError as error:
        raise RequestError(f"the rows cannot be read: {error}") from error


def _json_lines(file: io.BufferedReader) -> Iterator[Line]:
    for number, line in enumerate(file, 1):
        text = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
        if not text:
            continue
        try:
            fields = json.loads(text.decode("utf-8", "surrogatepass"))
        except (ValueError, RecursionError) as error:
            yield Line(number, error=f"it is not JSON: {error}")
            continue
        if isinstance(fields, dict):
            yield Line(number, fields)
        else:
            yield Line(number, error=f"it is {type(fields).__name__} and not an object of fields")


def _csv_lines(file: io.BufferedReader, separator: str) -> Iterator[Line]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # by default a text of 128 kB is an error
    with io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        reader = csv.DictReader(text, delimiter=separator, strict=True)
        names = reader.fieldnames
        if not names or len(set(names)) < len(names):
            raise RequestError("the first line of a CSV file has the names of its fields, each once")
        while True:
            number = reader.line_num + 1
            try:
                row: dict[Any, Any] | None = next(reader, None)
            except csv.Error as error:
                yield Line(number, error=f"it is not CSV: {error}")
                continue
            if row is None:
                return
            if None in row or None in row.values():
                has = len(names) + len(row[None]) if None in row else sum(value is not None for value in row.values())
                yield Line(number, error=f"it has {has} fields, and the first line {len(names)}")
            elif any("\udc80" <= letter <= "\udcff" for value in row.values() for letter in value):
                yield Line(number, error="it is not UTF-8")
            else:
                yield Line(number, row)
