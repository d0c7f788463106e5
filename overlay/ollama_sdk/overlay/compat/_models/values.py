"""Values of fields: the check of scalars when a program makes a model, and sizes in bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

_TRUE: Final = frozenset({"true", "t", "yes", "y", "on", "1"})
_FALSE: Final = frozenset({"false", "f", "no", "n", "off", "0"})


def scalar_kind(annotation: object) -> str | None:
    """Return the kind of scalar that a field of a generated model takes, if it is one.

    Args:
        annotation: The type as it is written there, such as "int | None".

    Example:
        >>> scalar_kind("int | None"), scalar_kind("Role | str"), scalar_kind("float | str | None")
        ('int', 'str', None)
    """
    parts = [part for part in str(annotation).split(" | ") if part != "None"]
    if any(part.startswith("list[") for part in parts) and len(parts) == 1:
        return "list"
    kinds = [part for part in parts if part in CHECKS]
    # Beside str stand the names of its known values.
    known = [part for part in parts if part.isidentifier() and part[0].isupper() and kinds == ["str"]]
    return kinds[0] if len(kinds) == 1 and len(kinds) + len(known) == len(parts) else None


def _text(value: Any) -> Any:
    if isinstance(value, str):
        return value
    raise ValueError("Input should be a valid string")


def _int(value: Any) -> Any:
    if type(value) is int:
        return value
    if isinstance(value, str):
        value = _number(value, "Input should be a valid integer")
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return int(value)
    raise ValueError("Input should be a valid integer")


def _float(value: Any) -> Any:
    if isinstance(value, str):
        value = _number(value, "Input should be a valid number")
    if isinstance(value, int | float):
        return float(value)
    raise ValueError("Input should be a valid number")


def _number(text: str, problem: str) -> int | float:
    try:
        return int(text) if re.fullmatch(r"\s*[+-]?\d+\s*", text) else float(text)
    except ValueError:
        raise ValueError(problem) from None


def _bool(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    plain = str(value).lower()
    if plain in _TRUE or plain in _FALSE:
        return plain in _TRUE
    raise ValueError("Input should be a valid boolean")


def _list(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return value
    raise ValueError("Input should be a valid list")


CHECKS: Final[dict[str | None, Callable[[Any], Any]]] = {
    "str": _text,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "list": _list,
}
"""How the kinds are checked: each returns the value as a field takes it (text with a number becomes the number, as in
pydantic), or raises ValueError, which says what it should be."""

_BINARY: Final = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "PiB": 2**50, "EiB": 2**60}
_DECIMAL: Final = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "PB": 10**15, "EB": 10**18}


class ByteSize(int):
    """A number of bytes that can be written for people, as pydantic's.

    Example:
        >>> ByteSize(4661211808).human_readable(), ByteSize(4661211808).human_readable(decimal=True)
        ('4.3GiB', '4.7GB')
    """

    def human_readable(self, decimal: bool = False, separator: str = "") -> str:
        """Return the size as text.

        Args:
            decimal: Whether to count in thousands rather than in 1024.
            separator: What stands between number and unit.
        """
        units = _DECIMAL if decimal else _BINARY
        unit = max((name for name in units if units[name] <= abs(self)), key=units.__getitem__, default="B")
        number = str(int(self)) if unit == "B" else f"{self / units[unit]:.1f}"
        return f"{number}{separator}{unit}"

    def to(self, unit: str) -> float:
        """Return the size in a unit, such as "GB" or "MiB"."""
        units = {name.lower(): size for name, size in (_BINARY | _DECIMAL).items()}
        try:
            return self / units[unit.lower()]
        except KeyError:
            raise ValueError(f"the unit {unit!r} is none of {', '.join(units)}") from None
