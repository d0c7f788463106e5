"""Reach a server through a proxy that is named in the program.

    python examples/proxy.py http://user:password@proxy.internal:3128 http://models.internal:11434

Without such a transport the usual variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY are followed, but never for this
machine itself.
"""

from __future__ import annotations

import sys

import httpx

from ollama_sdk.overlay import Ollama, OllamaError


def main() -> None:
    """Print the version of the server."""
    proxy, host = sys.argv[1:3]
    with Ollama(host, transport=httpx.HTTPTransport(proxy=proxy)) as client:
        print(client.version().version)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        main()
    except OllamaError as error:
        sys.exit(f"proxy: {error}")
