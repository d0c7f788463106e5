"""Modelfiles: from their text to the arguments of create, read as Ollama's own command reads them."""

from __future__ import annotations

import codecs
import difflib
import math
import os
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

from attrs import AttrsInstance, field, fields, frozen

from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._library.files import model_files

LARGEST = 16 * 1024 * 1024
"""Bytes beyond which a file is taken for something else than a Modelfile."""


@frozen
class Command:
    """One command of a Modelfile.

    Attributes:
        name: FROM, PARAMETER and so on, in capitals.
        key: The name of the parameter or the role of the message; else empty.
        value: The text, without quotes.
        line: The number of its line, from 1.
    """

    name: str
    key: str
    value: str
    line: int


@frozen
class Modelfile:
    """What a Modelfile asks for.

    Attributes:
        arguments: Arguments of `create`: `from_`, `template`, `system`, `license`, `parameters`, `messages` and so
            on, those that the Modelfile sets.
        files: The local files of the model by the name to send, links resolved.
        draft_files: Those of the draft model.
        adapters: Those of the adapter.
    """

    arguments: dict[str, Any] = field(factory=dict)
    files: dict[str, Path] = field(factory=dict)
    draft_files: dict[str, Path] = field(factory=dict)
    adapters: dict[str, Path] = field(factory=dict)


def read_modelfile(
    modelfile: str | os.PathLike[str],
    *,
    base_dir: str | os.PathLike[str] | None = None,
    allow_outside: bool = False,
) -> Modelfile:
    r"""Read a Modelfile and find the files that it names.

    FROM names a file or folder when there is one of that name, else a model.

    Args:
        modelfile: The text, or the path of a file as an os.PathLike: a str is never opened.
        base_dir: The folder against which paths are resolved; by default that of the file. For a text there is none,
            and it can then name models only.
        allow_outside: Whether paths, and links, may lead out of that folder.

    Raises:
        RequestError: The text is not a Modelfile, or a file that it names cannot or must not be read.

    Example:
        >>> read_modelfile("FROM smollm2\nPARAMETER temperature 0.5").arguments
        {'from_': 'smollm2', 'parameters': {'temperature': 0.5}}
    """
    if isinstance(modelfile, str):
        text, where = modelfile, "Modelfile"
    elif isinstance(modelfile, os.PathLike):
        path = Path(modelfile)
        text, where = _read_text(path), str(path)
        base_dir = path.parent if base_dir is None else base_dir
    else:
        raise RequestError(f"modelfile must be a text or a Path, not {type(modelfile).__name__}")
    folder = None
    if base_dir is not None:
        folder = Path(os.path.realpath(base_dir))
        if not folder.is_dir():
            raise RequestError(f"base_dir {os.fspath(base_dir)} is not a folder")
    return _Builder(where, folder, allow_outside).build(parse_commands(text, where))


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise RequestError(f"the Modelfile {path} cannot be read: {reason}") from error
    if len(data) > LARGEST:
        raise RequestError(f"{path} is larger than {LARGEST} bytes, so it is no Modelfile; a model file goes to files=")
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if is_utf16 else "utf-8-sig", errors="replace")


_COMMANDS = (
    *("FROM", "PARAMETER", "TEMPLATE", "SYSTEM", "ADAPTER", "LICENSE"),
    *("MESSAGE", "DRAFT", "RENDERER", "PARSER", "REQUIRES"),
)
_ROLES = ("system", "user", "assistant")
_SKIPPED = re.compile(r"\s*(?:#[^\r\n]*\s*)*")
_WORD = re.compile(r"\S*")
_SPACES = re.compile(r"[^\S\r\n]*")
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_PARAMETER = re.compile(r"[A-Za-z0-9_]+")
_UNQUOTED = re.compile(r"[^\r\n]*")
_CLOSING = {quotes: re.compile(quotes + r"[^\S\r\n]*(?=[\r\n]|\Z)") for quotes in ('"""', '"')}


def parse_commands(text: str, where: str = "Modelfile") -> list[Command]:
    """Return the commands of a Modelfile; raise RequestError, with the number of the line, if the text is none.

    A value goes to the end of its line. One that begins with a double quote, or three, goes to where the same
    stand at the end of a line. A # begins a comment at the start of a line only.
    """
    return list(_parse(_printable(text), where))


def _parse(text: str, where: str) -> Iterator[Command]:
    position = counted = 0
    line = 1
    while True:
        position = _end(_SKIPPED, text, position)
        line += sum(1 for _ in _LINE_ENDS.finditer(text, counted, position))
        counted = position
        if position == len(text):
            return
        word, position = _take(_WORD, text, position)
        name, key = word.upper(), ""
        if name not in _COMMANDS:
            raise _fault(where, line, f"expected one of {', '.join(_COMMANDS)}, not {_shown(word)}")
        position = _after_gap(text, position, name, where, line)
        if name in ("PARAMETER", "MESSAGE"):
            key, position = _take(_WORD, text, position)
            if name == "PARAMETER" and not _PARAMETER.fullmatch(key):
                raise _fault(where, line, f"expected PARAMETER, a name and a value, not {_shown(key)}")
            if name == "MESSAGE" and key not in _ROLES:
                roles = ", ".join(_ROLES)
                raise _fault(where, line, f"expected MESSAGE, one of {roles}, and a text, not {_shown(key)}")
            position = _after_gap(text, position, f"{name} {key}", where, line)
        value, position = _value(text, position, where, line)
        yield Command(name, key, value, line)


def _after_gap(text: str, position: int, before: str, where: str, line: int) -> int:
    """Where a value begins; it may be empty, but the space in front of it must be there."""
    if text[position : position + 1] not in (" ", "\t"):
        raise _fault(where, line, f"expected a value after {before}, on the same line")
    return _end(_SPACES, text, position)


def _value(text: str, position: int, where: str, line: int) -> tuple[str, int]:
    for quotes, closing in _CLOSING.items():
        if text.startswith(quotes, position):
            start = position + len(quotes)
            end = closing.search(text, start)
            if end is None:
                raise _fault(where, line, f"a text begins with {quotes}, and no later line ends with {quotes}")
            return text[start : end.start()], end.end()
    value, position = _take(_UNQUOTED, text, position)
    return value.strip(), position


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    return cast("re.Match[str]", pattern.match(text, position)).end()


def _take(pattern: re.Pattern[str], text: str, position: int) -> tuple[str, int]:
    end = _end(pattern, text, position)
    return text[position:end], end


def _printable(text: str) -> str:
    """Without the characters that Ollama's command leaves out, around quotes too: control, format, odd spaces."""
    if text.isprintable():
        return text
    return "".join(character for character in text if character.isprintable() or character in "\t\r\n")


def _shown(word: str) -> str:
    if not word:
        return "the end of the line"
    return repr(word if len(word) <= 40 else f"{word[:40]}...")


def _fault(where: str, line: int, message: str) -> RequestError:
    return RequestError(f"{where}, line {line}: {message}")


class _Builder:
    """From commands to what a Modelfile asks for."""

    def __init__(self, where: str, folder: Path | None, allow_outside: bool) -> None:
        self._where = where
        self._folder = folder
        self._allow_outside = allow_outside
        self._arguments: dict[str, Any] = {}
        self._files: dict[str, Path] = {}
        self._draft_files: dict[str, Path] = {}
        self._adapters: dict[str, Path] = {}
        self._paths: dict[str, list[str]] = {"FROM": [], "DRAFT": [], "ADAPTER": []}

    def build(self, commands: Sequence[Command]) -> Modelfile:
        for command in commands:
            self._take(command)
        if not any(command.name == "FROM" for command in commands):
            raise RequestError(f"{self._where}: expected a line with FROM and the model or file to start from")
        return Modelfile(self._arguments, self._files, self._draft_files, self._adapters)

    def _take(self, command: Command) -> None:
        arguments = self._arguments
        match command.name:
            case "FROM":
                if not self._add_files(command, self._files):
                    arguments["from_"] = command.value
            case "DRAFT":
                self._add_files(command, self._draft_files)
            case "ADAPTER":
                self._adapters.clear()  # the last one counts
                self._add_files(command, self._adapters)
            case "PARAMETER":
                self._add_parameter(command)
            case "LICENSE":
                arguments.setdefault("license", []).append(command.value)
            case "MESSAGE":
                arguments.setdefault("messages", []).append({"role": command.key, "content": command.value})
            case "REQUIRES":
                if not _VERSION.fullmatch(command.value):
                    shown = _shown(command.value)
                    raise self._fault(command, f"expected a version such as 0.14.0 after REQUIRES, not {shown}")
                arguments["requires"] = command.value.removeprefix("v")
            case _:  # TEMPLATE, SYSTEM, RENDERER, PARSER: the arguments have their names
                arguments[command.name.lower()] = command.value

    def _add_files(self, command: Command, files: dict[str, Path]) -> bool:
        """Add the files that a command names; False when FROM names a model."""
        path = self._find(command)
        if path is None:
            return False
        self._paths[command.name].append(os.path.realpath(path))
        if set(self._paths["FROM"]) & set(self._paths["DRAFT"]):
            raise self._fault(command, "FROM and DRAFT must not name the same file or folder")
        try:
            found = model_files(path, boundary=self._folder, allow_outside=self._allow_outside)
        except RequestError as error:
            raise self._fault(command, str(error)) from error
        for name, file in found.items():
            if files.setdefault(name, file) != file:
                raise self._fault(command, f"{files[name]} and {file} would both be sent as {name!r}; rename one")
        return True

    def _find(self, command: Command) -> Path | None:
        """The file or folder that a command names, or None when FROM names a model."""
        value = command.value
        if not value:
            raise self._fault(command, f"expected a name after {command.name}")
        # A model's name begins with a letter, a digit or _.
        is_path = command.name != "FROM" or value.startswith((".", "/", "\\", "~")) or os.path.isabs(value)
        folder = self._folder
        if folder is None:
            if is_path:
                raise self._fault(command, f"{command.name} names the file {value!r}; pass base_dir= to allow it")
            return None
        try:
            path = folder / (os.path.expanduser(value) if self._allow_outside else value)
            is_allowed = self._allow_outside or (not value.startswith("~") and _is_inside(path, folder))
            if is_allowed:
                path.stat()
        except (OSError, ValueError) as error:
            if is_path or isinstance(error, PermissionError):
                reason = error.strerror if isinstance(error, OSError) else error
                raise self._fault(command, f"{command.name} {value!r} cannot be read: {reason}") from error
            return None
        if not is_allowed:
            raise self._fault(command, f"{value!r} is outside of {folder}; pass allow_outside=True when that is meant")
        return path

    def _add_parameter(self, command: Command) -> None:
        name, value = command.key, command.value
        if name in _OBSOLETE:
            return
        kinds = _option_kinds()
        if name not in kinds:
            close = difflib.get_close_matches(name, kinds, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(sorted(kinds))}"
            raise self._fault(command, f"there is no parameter {name!r}; {hint}")
        kind, is_list = kinds[name]
        try:
            converted = _CONVERTERS[kind](value)
        except ValueError:
            expected = _KIND_NAMES[kind]
            raise self._fault(command, f"the parameter {name} must be {expected}, not {_shown(value)}") from None
        parameters = self._arguments.setdefault("parameters", {})
        if is_list:
            parameters.setdefault(name, []).append(converted)
        else:
            parameters[name] = converted

    def _fault(self, command: Command, message: str) -> RequestError:
        return _fault(self._where, command.line, message)


def _is_inside(path: Path, folder: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(folder)


_OBSOLETE = frozenset({
    "penalize_newline", "low_vram", "f16_kv", "logits_all", "vocab_only", "use_mlock", "mirostat", "mirostat_tau",
    "mirostat_eta",
})  # fmt: skip
"""What is not an option of the API any more, while Modelfiles still have it; Ollama's command leaves it out."""
_VERSION = re.compile(
    r"v?(0|[1-9]\d*)(\.(0|[1-9]\d*)(\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?)?)?",
    re.ASCII,
)


@cache
def _option_kinds() -> dict[str, tuple[str, bool]]:
    """The parameters by name: the kind of their value, and whether it is a list. Read from the generated model."""
    from ollama_sdk.generated.models.options import Options

    kinds: dict[str, tuple[str, bool]] = {}
    for attribute in fields(cast("type[AttrsInstance]", Options)):
        parts = {part.strip() for part in str(attribute.type).split("|")}
        item = next((part[5:-1] for part in parts if part.startswith("list[")), None)
        if item is not None:
            parts = {item}
        kind = next((kind for kind in ("bool", "float", "int") if kind in parts), "str")
        kinds[attribute.metadata.get("wire", attribute.name)] = (kind, item is not None)
    return kinds


def _to_bool(text: str) -> bool:
    if text in ("1", "t", "T", "true", "True", "TRUE"):
        return True
    if text in ("0", "f", "F", "false", "False", "FALSE"):
        return False
    raise ValueError(text)


def _to_int(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,19}", text) or not -(2**63) <= int(text) < 2**63:
        raise ValueError(text)
    return int(text)


def _to_float(text: str) -> float:
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text):
        raise ValueError(text)
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


_CONVERTERS: dict[str, Callable[[str], object]] = {"bool": _to_bool, "int": _to_int, "float": _to_float, "str": str}
_KIND_NAMES = {"bool": "true or false", "int": "a whole number", "float": "a number", "str": "a text"}
