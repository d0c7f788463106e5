"""Translate asynchronous code into blocking code, word by word, in docstrings and comments too.

`async` and `await` go, names lose their "Async", and "an AsyncStream" becomes "a Stream".
"""

from __future__ import annotations

import re

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
_AWAIT = re.compile(r"\bawait (?=[\w(])")
_AWAITABLE = re.compile(r"\bAwaitable\[((?:[^][]|\[[^][]*\])*)\]")
_ASYNC = r"(?P<statement>async (?=def\b|with\b|for\b))?"
_WORD = re.compile(rf"(?:\b(?P<article>[Aa])n?(?P<gap>\s+`?))?\b{_ASYNC}(?P<word>\w+)")


def translate(source: str) -> str:
    """Return the blocking twin of asynchronous source, or of a text about it."""
    source = _AWAITABLE.sub(r"\1", _AWAIT.sub("", source))
    return _WORD.sub(_translate_word, source)


def translate_name(name: str) -> str:
    """Return the name of something in the blocking half: AsyncStream is Stream, `__aiter__` is `__iter__`."""
    return _NAMES.get(name) or _ASYNC_IN_NAME.sub("", name)


def _translate_word(match: re.Match[str]) -> str:
    article, gap, statement, word = match.group("article", "gap", "statement", "word")
    translated = translate_name(word)
    if translated == word and not statement:
        return match[0]
    if not article:
        return translated
    return f"{article}{'n' if translated[0] in 'AEIOUaeiou' else ''}{gap}{translated}"
