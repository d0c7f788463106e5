"""Translate asynchronous code into blocking code.

Code is translated token by token: `async` and `await` go, and names lose their "Async". Docstrings, comments and other
text are translated word by word; the examples in docstrings are code.
"""

from __future__ import annotations

import doctest
import io
import re
import tokenize
from collections.abc import Iterator

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
    "aiter_raw": "iter_raw",
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
    """Return the name of something in the blocking half: AsyncStream is Stream, `__aiter__` is `__iter__`."""
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
