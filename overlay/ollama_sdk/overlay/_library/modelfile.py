"""Modelfiles: their text is read as Ollama's own command reads it, and becomes arguments of `create`."""

from __future__ import annotations

import codecs
import math
import os
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

from attrs import AttrsInstance, fields, frozen

from ollama_sdk.overlay._checks import closest
from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._files import open_regular
from ollama_sdk.overlay._library.blobs import unreadable
from ollama_sdk.overlay._library.files import model_files

LARGEST = 16 * 1024 * 1024
"""Bytes of the largest file that is read as a Modelfile."""


@frozen
class Command:
    """One command of a Modelfile.

    Attributes:
        name: FROM, PARAMETER and so on, in capitals.
        key: The name of the parameter or the role of the message; else empty.
        value: The text, without quotes.
        where: The Modelfile and the number of its line, from 1, for messages.
    """

    name: str
    key: str
    value: str
    where: str

    def fault(self, message: str) -> RequestError:
        return RequestError(f"{self.where}: {message}")


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
    return Modelfile(parse_commands(text, where), where, folder, allow_outside)


def _read_text(path: Path) -> str:
    try:
        with open_regular(path) as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise unreadable(f"the Modelfile {path}", error) from error
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

    A value ends with its line. One that begins with a double quote, or with three, ends where the same quotes end a
    line. A # begins a comment at the start of a line only.
    """
    return list(_Parser(text, where).commands())


class _Parser:
    """Reads a Modelfile from its start to its end."""

    def __init__(self, text: str, where: str) -> None:
        # Ollama's command leaves out characters that are not printable: control, format, odd spaces.
        self._text = "".join(character for character in text if character.isprintable() or character in "\t\r\n")
        self._where = where
        self._place = where  # of the command that is read
        self._position = 0

    def commands(self) -> Iterator[Command]:
        start, line = 0, 1
        while True:
            self._take(_SKIPPED)
            line += len(_LINE_ENDS.findall(self._text, start, self._position))
            self._place = f"{self._where}, line {line}"
            start = self._position
            if start == len(self._text):
                return
            word = self._take(_WORD)
            name, key = word.upper(), ""
            if name not in _COMMANDS:
                raise self._fault(f"expected one of {', '.join(_COMMANDS)}, not {_shown(word)}")
            self._take_spaces(name)
            if name in ("PARAMETER", "MESSAGE"):
                key = self._take(_WORD)
                if name == "PARAMETER" and not _PARAMETER.fullmatch(key):
                    raise self._fault(f"expected PARAMETER, a name and a value, not {_shown(key)}")
                if name == "MESSAGE" and key not in _ROLES:
                    raise self._fault(f"expected MESSAGE, one of {', '.join(_ROLES)}, and a text, not {_shown(key)}")
                self._take_spaces(f"{name} {key}")
            yield Command(name, key, self._take_value(), self._place)

    def _take(self, pattern: re.Pattern[str]) -> str:
        """Return the text that a pattern matches, which may be empty, and go on behind it."""
        match = cast("re.Match[str]", pattern.match(self._text, self._position))
        self._position = match.end()
        return match[0]

    def _take_spaces(self, before: str) -> None:
        if not self._take(_SPACES):
            raise self._fault(f"expected a value after {before}, on the same line")

    def _take_value(self) -> str:
        for quotes, closing in _CLOSING.items():
            if self._text.startswith(quotes, self._position):
                start = self._position + len(quotes)
                end = closing.search(self._text, start)
                if end is None:
                    raise self._fault(f"a text begins with {quotes}, and no later line ends with {quotes}")
                self._position = end.end()
                return self._text[start : end.start()]
        return self._take(_UNQUOTED).strip()

    def _fault(self, message: str) -> RequestError:
        return RequestError(f"{self._place}: {message}")


def _shown(word: str) -> str:
    if not word:
        return "the end of the line"
    return repr(word if len(word) <= 40 else f"{word[:40]}...")


class Modelfile:
    """The arguments of `create` that the commands of a Modelfile set.

    Attributes:
        arguments: `from_`, `template`, `system`, `license`, `parameters`, `messages` and so on.
        files: The local files of the model by the name to send, links resolved.
        draft_files: Those of the draft model.
        adapters: Those of the adapter.
        boundary: The folder that the files must be in when they are opened, or None for anywhere.
    """

    def __init__(self, commands: Sequence[Command], where: str, folder: Path | None, allow_outside: bool) -> None:
        self.arguments: dict[str, Any] = {}
        self.files: dict[str, Path] = {}
        self.draft_files: dict[str, Path] = {}
        self.adapters: dict[str, Path] = {}
        self.boundary = None if allow_outside else folder
        self._folder = folder
        self._allow_outside = allow_outside
        self._named: set[tuple[str, str]] = set()  # commands, and the files or folders that they name
        for command in commands:
            self._take(command)
        if not any(command.name == "FROM" for command in commands):
            raise RequestError(f"{where}: expected a line with FROM and the model or file to start from")

    def _take(self, command: Command) -> None:
        arguments = self.arguments
        match command.name:
            case "FROM":
                if not self._add_files(command, self.files):
                    arguments["from_"] = command.value
            case "DRAFT":
                self._add_files(command, self.draft_files)
            case "ADAPTER":
                self.adapters.clear()  # the last one counts
                self._add_files(command, self.adapters)
            case "PARAMETER":
                self._add_parameter(command)
            case "LICENSE":
                arguments.setdefault("license", []).append(command.value)
            case "MESSAGE":
                arguments.setdefault("messages", []).append({"role": command.key, "content": command.value})
            case "REQUIRES":
                if not _VERSION.fullmatch(command.value):
                    shown = _shown(command.value)
                    raise command.fault(f"expected a version such as 0.14.0 after REQUIRES, not {shown}")
                arguments["requires"] = command.value.removeprefix("v")
            case _:  # TEMPLATE, SYSTEM, RENDERER and PARSER set the argument of their name
                arguments[command.name.lower()] = command.value

    def _add_files(self, command: Command, files: dict[str, Path]) -> bool:
        """Add the files that a command names; False when FROM names a model."""
        path = self._find(command)
        if path is None:
            return False
        real = os.path.realpath(path)
        self._named.add((command.name, real))
        if self._named >= {("FROM", real), ("DRAFT", real)}:
            raise command.fault("FROM and DRAFT must not name the same file or folder")
        try:
            found = model_files(path, self.boundary)
        except RequestError as error:
            raise command.fault(str(error)) from error
        for name, file in found.items():
            if files.setdefault(name, file) != file:
                raise command.fault(f"{files[name]} and {file} would both be sent as {name!r}; rename one")
        return True

    def _find(self, command: Command) -> Path | None:
        """Return the file or folder that a command names, or None when FROM names a model."""
        value = command.value
        if not value:
            raise command.fault(f"expected a name after {command.name}")
        # A model's name begins with a letter, a digit or _.
        is_path = command.name != "FROM" or value.startswith((".", "/", "\\", "~")) or os.path.isabs(value)
        folder = self._folder
        if folder is None:
            if is_path:
                raise command.fault(f"{command.name} names the file {value!r}; pass base_dir= to allow it")
            return None
        try:
            path = folder / (os.path.expanduser(value) if self._allow_outside else value)
            is_inside = not value.startswith("~") and Path(os.path.realpath(path)).is_relative_to(folder)
            is_allowed = self._allow_outside or is_inside
            if is_allowed:
                path.stat()
        except (OSError, ValueError) as error:
            failure = unreadable(f"{command.where}: {command.name} {value!r}", error)
            if is_path or isinstance(error, PermissionError):
                raise failure from error
            return None
        if not is_allowed:
            raise command.fault(f"{value!r} is outside of {folder}; pass allow_outside=True when that is meant")
        return path

    def _add_parameter(self, command: Command) -> None:
        name, value = command.key, command.value
        if name in _OBSOLETE:
            return
        kinds = _option_kinds()
        if name not in kinds:
            meant = closest(name, kinds)
            hint = f"did you mean {meant!r}?" if meant else f"there are {', '.join(sorted(kinds))}"
            raise command.fault(f"there is no parameter {name!r}; {hint}")
        kind, is_list = kinds[name]
        convert, expected = _KINDS[kind]
        try:
            converted = convert(value)
        except ValueError:
            raise command.fault(f"the parameter {name} must be {expected}, not {_shown(value)}") from None
        parameters = self.arguments.setdefault("parameters", {})
        if is_list:
            parameters.setdefault(name, []).append(converted)
        else:
            parameters[name] = converted


_OBSOLETE = frozenset({
    "penalize_newline", "low_vram", "f16_kv", "logits_all", "vocab_only", "use_mlock", "mirostat", "mirostat_tau",
    "mirostat_eta",
})  # fmt: skip
"""Parameters that the API no longer has; Ollama's command ignores them in a Modelfile."""
_VERSION = re.compile(
    r"v?(0|[1-9]\d*)(\.(0|[1-9]\d*)(\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?)?)?",
    re.ASCII,
)


@cache
def _option_kinds() -> dict[str, tuple[str, bool]]:
    """Return the kind of the value of each parameter, and whether it is a list, as the generated model has them."""
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
    if text not in ("1", "t", "T", "true", "True", "TRUE", "0", "f", "F", "false", "False", "FALSE"):
        raise ValueError(text)
    return text[0] in "1tT"


def _to_int(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,19}", text) or not -(2**63) <= int(text) < 2**63:
        raise ValueError(text)
    return int(text)


def _to_float(text: str) -> float:
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text) or math.isinf(float(text)):
        raise ValueError(text)
    return float(text)


_KINDS: dict[str, tuple[Callable[[str], object], str]] = {
    "bool": (_to_bool, "true or false"),
    "float": (_to_float, "a number"),
    "int": (_to_int, "a whole number"),
    "str": (str, "a text"),
}
"""How a value is read, by its type in the generated model, and what it must be."""
