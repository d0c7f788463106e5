"""How the blocking half is made of the asynchronous one: code, names, text and the examples in docstrings."""

from __future__ import annotations

from textwrap import dedent

import pytest

from maintenance.compile.blocking import translate, translate_name


@pytest.mark.parametrize(
    ("name", "blocking"),
    [
        ("AsyncStream", "Stream"),
        ("_AsyncBody", "_Body"),
        ("send_async", "send"),
        ("handle_async_request", "handle_request"),
        ("__aenter__", "__enter__"),
        ("aclose", "close"),
        ("_async", "_sync"),
        ("model", "model"),
    ],
)
def test_names_lose_what_says_that_they_are_asynchronous(name: str, blocking: str):
    assert translate_name(name) == blocking


@pytest.mark.parametrize(
    ("text", "blocking"),
    [
        ("Return an `AsyncStream` of pieces.", "Return a `Stream` of pieces."),
        ("An AsyncOllama", "An Ollama"),
        ("with stream=True an\n    `AsyncStream`", "with stream=True a\n    `Stream`"),
        ("Leaving an `async with` block", "Leaving a `with` block"),
        ("the asynchronous client; an asynchronous client", "the blocking client; a blocking client"),
        ("an async function, an answer", "an async function, an answer"),
    ],
)
def test_text_is_translated_with_its_articles(text: str, blocking: str):
    assert translate(text) == blocking


def test_code_loses_what_awaits():
    source = """\
    async def read(stream: AsyncStream, ask: Callable[[int], Awaitable[dict[str, int]]]) -> None:
        async with stream as pieces:  # an AsyncStream
            [await (piece) async for piece in pieces if f"{piece!r} of AsyncStream {f'{await_}'}"]
        awaited = "async await"
    """
    assert translate(dedent(source)) == dedent("""\
    def read(stream: Stream, ask: Callable[[int], dict[str, int]]) -> None:
        with stream as pieces:  # a Stream
            [(piece) for piece in pieces if f"{piece!r} of Stream {f'{await_}'}"]
        awaited = "async await"
    """)


def test_the_examples_in_a_docstring_are_code():
    source = '''\
    class AsyncOllama:
        """An asynchronous client, which may await.

        Example:
            >>> async with AsyncOllama() as client:
            ...     await client.version()
            an AsyncStream
            >>> await client.close()
        """
    '''
    assert translate(dedent(source)) == dedent('''\
    class Ollama:
        """A blocking client, which may await.

        Example:
            >>> with Ollama() as client:
            ...     client.version()
            a Stream
            >>> client.close()
        """
    ''')
