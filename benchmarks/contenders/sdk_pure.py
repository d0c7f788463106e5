"""This SDK where msgspec and httptools cannot be had."""

from __future__ import annotations

from benchmarks.contenders import (
    Calls,
    without_compiled,  # noqa: F401  # before the SDK is imported
)


def calls(url: str) -> Calls:
    from benchmarks.contenders import sdk
    from ollama_sdk.overlay import _json
    from ollama_sdk.overlay._http.settings import is_available

    assert _json._codec().decode is _json._decode
    assert not is_available()
    return sdk.calls(url)
