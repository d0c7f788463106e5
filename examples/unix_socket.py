"""Talk to a server behind a Unix domain socket.

python examples/unix_socket.py /run/ollama.sock
"""

from __future__ import annotations

import sys

import httpx

from ollama_sdk.overlay import Ollama, OllamaError


def main() -> None:
    """Print the version of the server; the host is a name only, which the server sees in the Host header."""
    transport = httpx.HTTPTransport(uds=sys.argv[1])
    with Ollama("http://localhost", transport=transport) as client:
        print(client.version().version)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        main()
    except OllamaError as error:
        sys.exit(f"unix_socket: {error}")
