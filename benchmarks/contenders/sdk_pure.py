"""This SDK where orjson and httptools cannot be had."""

from __future__ import annotations

from benchmarks.contenders import (
    Calls,
    without_compiled,  # noqa: F401  # before the SDK is imported
)


def calls(url: str) -> Calls:
    from benchmarks.contenders import sdk
    from ollama_sdk.overlay import _connection, _json

    assert not _connection.available
    assert _json.orjson is None
    return sdk.calls(url)
