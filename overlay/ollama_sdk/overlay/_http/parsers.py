"""Which parser reads responses."""

from __future__ import annotations

from ollama_sdk.overlay._http.response_parser import ResponseParser


def parser_class() -> type[ResponseParser]:
    """The parser by httptools where that is installed, else the one by h11; both read the same."""
    try:
        from ollama_sdk.overlay._http.response_httptools import HttptoolsParser
    except ImportError:  # PyPy, odd platforms
        from ollama_sdk.overlay._http.response_h11 import H11Parser

        return H11Parser
    return HttptoolsParser
