"""Compile the blocking half of the overlay: every `_sync/` folder is made from the `_async/` folder beside it.

    python -m maintenance.compile_sync            # write it
    python -m maintenance.compile_sync --check    # write nothing; show what differs and fail

Code is translated token by token: `async` and `await` go, and names lose their "Async". Docstrings, comments and other
text are translated word by word; the examples in docstrings are code. ruff then sorts and drops imports, and formats.
"""

from __future__ import annotations

import argparse
import difflib
import doctest
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
OVERLAY = ROOT / "overlay" / "ollama_sdk" / "overlay"

# Names that are not made by leaving out "Async" or "_async".
_NAMES = {
    "_async": "_sync",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "aclose": "close",
    "aiter": "iter",
    "aiter_bytes": "iter_bytes",
    "anext": "next",
    "aread": "read",
    "asynchronous": "blocking",
    "asyncio": "sync",  # of the generated endpoint functions
    "run_in_tasks": "run_in_threads",
    "AsyncByteStream": "SyncByteStream",
}
_ASYNC_IN_NAME = re.compile(r"(?<![^_])Async(?=[A-Z])|_async(?=_|$)")
_WORD = re.compile(r"(?:\b(?P<article>[Aa])n?(?P<gap>\s+`?))?(?P<statement>\basync (?=with\b|for\b))?(?P<word>\w+)")
_F_STRING_START = getattr(tokenize, "FSTRING_START", -1)  # from Python 3.12 on, f-strings are several tokens
_F_STRING_END = getattr(tokenize, "FSTRING_END", -1)


def translate_name(name: str) -> str:
    """Return what the blocking half calls something: AsyncStream is Stream, `__aiter__` is `__iter__`."""
    return _NAMES.get(name) or _ASYNC_IN_NAME.sub("", name)


def translate_text(text: str) -> str:
    """Translate the names in text, with the articles before them: "an AsyncStream" is "a Stream"."""

    def translate(match: re.Match[str]) -> str:
        article, gap, statement, word = match.group("article", "gap", "statement", "word")
        translated = translate_name(word)
        if translated == word and not statement:
            return match[0]
        if not article:
            return translated
        return f"{article}{'n' if translated[0] in 'AEIOUaeiou' else ''}{gap}{translated}"

    return _WORD.sub(translate, text)


def translate_docstring(literal: str) -> str:
    """Translate a docstring with its quotes: its text as text, its examples as code."""
    start = literal.index('"""') + 3
    parts = [literal[:start]]
    for part in doctest.DocTestParser().parse(literal[start:-3]):
        if isinstance(part, str):
            parts.append(translate_text(part))
            continue
        lines = translate_code(part.source).splitlines()
        shown = [f"{'...' if index else '>>>'} {line}" for index, line in enumerate(lines)]
        shown += translate_text(part.want).splitlines()
        parts += [f"{' ' * part.indent}{line}".rstrip() + "\n" for line in shown]
    return "".join([*parts, literal[-3:]])


def translate_code(source: str) -> str:
    """Translate Python source; what stands between the tokens stays as it is."""
    tokens = list(_tokens(source))
    left_out = _left_out(tokens)
    output = []
    done = 0  # how much of the source has been translated
    for index, (kind, text, start, end) in enumerate(tokens):
        output.append(source[done:start])
        done = end
        if index in left_out:
            done = tokens[index + 1][2]
        elif kind == tokenize.NAME:
            output.append(translate_name(text))
        elif kind == tokenize.STRING and _is_docstring(tokens, index):
            output.append(translate_docstring(text))
        elif kind in (tokenize.STRING, tokenize.COMMENT):
            output.append(translate_text(text))
        else:
            output.append(text)
    return "".join(output) + source[done:]


_Token = tuple[int, str, int, int]
"""A kind, its text, and where it starts and ends in the source."""


def _tokens(source: str) -> Iterator[_Token]:
    """Yield the tokens of a source; an f-string is one, as in Python 3.11."""
    offsets = [0]
    for line in source.splitlines(keepends=True):
        offsets.append(offsets[-1] + len(line))
    outer = []  # where the f-strings that are open have begun
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        start, end = (offsets[min(row, len(offsets)) - 1] + column for row, column in (token.start, token.end))
        if token.type == _F_STRING_START:
            outer.append(start)
        elif token.type == _F_STRING_END:
            start = outer.pop()
            if not outer:
                yield tokenize.STRING, source[start:end], start, end
        elif not outer and token.type not in (tokenize.ENDMARKER, tokenize.DEDENT):
            yield token.type, token.string, start, end


def _left_out(tokens: list[_Token]) -> set[int]:
    """Return the indexes of the tokens that go: async, await, and `Awaitable[` and `]` around what is awaited."""
    left_out = set()
    brackets = []  # whether each bracket that is open is that of an Awaitable
    for index, (kind, text, _, _) in enumerate(tokens):
        if kind == tokenize.NAME:
            if text in ("async", "await") or (text == "Awaitable" and tokens[index + 1][1] == "["):
                left_out.add(index)
        elif kind == tokenize.OP and text in ("(", "[", "{"):
            brackets.append(index - 1 in left_out and tokens[index - 1][1] == "Awaitable")
            if brackets[-1]:
                left_out.add(index)
        elif kind == tokenize.OP and text in (")", "]", "}") and brackets.pop():
            left_out.add(index)
    return left_out


def _is_docstring(tokens: list[_Token], index: int) -> bool:
    """Whether a string in triple quotes is a statement of its own."""
    before = tokens[index - 1][0] if index else tokenize.NEWLINE
    is_first = before in (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT)
    return is_first and tokens[index + 1][0] == tokenize.NEWLINE and tokens[index][1].endswith('"""')


def compile_file(source: Path) -> str:
    """Return the text of the blocking file for an asynchronous one."""
    name = source.relative_to(ROOT).as_posix()
    compiled = translate_code(source.read_text(encoding="utf-8"))
    compiled = f"# Compiled from {name}; change that, then run `make generate`.\n{compiled}"
    for command in (["check", "--quiet", "--fix-only", "--select", "F401,I"], ["format", "--quiet"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "--stdin-filename", str(_target(source)), "-"]
        done = subprocess.run(  # noqa: S603  # no shell, our own words
            ruff, input=compiled, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8", check=True
        )
        compiled = done.stdout
    return compiled


def _target(source: Path) -> Path:
    return source.parent.parent / "_sync" / source.name


def compile_all() -> dict[Path, str]:
    """Return the blocking half, by path."""
    return {_target(source): compile_file(source) for source in sorted(OVERLAY.glob("**/_async/*.py"))}


def read_all() -> dict[Path, str]:
    """Return what is in the `_sync/` folders now, by path."""
    files = (path for path in OVERLAY.glob("**/_sync/**/*") if path.is_file() and path.suffix != ".pyc")
    return {path: path.read_text(encoding="utf-8", errors="replace") for path in files}


def write(present: Mapping[Path, str], compiled: Mapping[Path, str]) -> None:
    """Make the `_sync/` folders what they should be; a file that is right is left alone."""
    for path in present.keys() - compiled.keys():
        path.unlink()
    for path, text in compiled.items():
        if present.get(path) != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")


def difference(present: Mapping[Path, str], compiled: Mapping[Path, str]) -> str:
    """Return what differs, for people to read: - is what is there, + what should be."""
    lines: list[str] = []
    for path in sorted(present.keys() | compiled.keys()):
        name = path.relative_to(ROOT).as_posix()
        if path in compiled:
            before, after = (files.get(path, "").splitlines(keepends=True) for files in (present, compiled))
            lines += difflib.unified_diff(before, after, name, f"{name}, compiled")
        else:
            lines.append(f"{name} is compiled from nothing\n")
    return "".join(lines)


def main() -> int:
    """Compile, or compare what is there with what should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; show what differs and fail")
    present, compiled = read_all(), compile_all()
    if not parser.parse_args().check:
        write(present, compiled)
        return 0
    differs = difference(present, compiled)
    print(differs, end="")
    return 1 if differs else 0


if __name__ == "__main__":
    sys.exit(main())
