"""Trust the certificate authority of a company, on the asynchronous client.

    python examples/custom_ca.py https://models.internal company-ca.pem

For all programs at once, the variable SSL_CERT_FILE names such a file.
"""

from __future__ import annotations

import asyncio
import ssl
import sys

import httpx

from ollama_sdk.overlay import AsyncOllama, OllamaError


async def main() -> None:
    """Print the version of the server."""
    host, authority = sys.argv[1:3]
    context = ssl.create_default_context(cafile=authority)
    async with AsyncOllama(host, transport=httpx.AsyncHTTPTransport(verify=context)) as client:
        print((await client.version()).version)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        asyncio.run(main())
    except OllamaError as error:
        sys.exit(f"custom_ca: {error}")
