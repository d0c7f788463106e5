"""Show a certificate of one's own to a server that asks for one.

python examples/mutual_tls.py https://models.internal company-ca.pem client.pem client.key
"""

from __future__ import annotations

import ssl
import sys

import httpx

from ollama_sdk.overlay import Ollama, OllamaError


def main() -> None:
    """Print the version of the server."""
    host, authority, certificate, key = sys.argv[1:5]
    context = ssl.create_default_context(cafile=authority)
    context.load_cert_chain(certificate, key)
    with Ollama(host, transport=httpx.HTTPTransport(verify=context)) as client:
        print(client.version().version)


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    try:
        main()
    except OllamaError as error:
        sys.exit(f"mutual_tls: {error}")
