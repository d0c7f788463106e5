"""Make a client for a server inside a company: its own authority, a proxy, and a key that is in no source.

    python examples/company.py

MODELS_HOST       the server, such as https://models.internal
MODELS_CA         the file with the certificate of the company's authority (without it: the usual ones)
MODELS_PROXY_URL  the proxy on the way (without it: none)
MODELS_KEY_FILE   a file with the key, as Docker, Kubernetes and systemd hand over secrets
MODELS_KEY        the key itself, where there is no such file
"""

from __future__ import annotations

import os
import ssl
import sys
from pathlib import Path

import httpx

from ollama_sdk.overlay import Ollama, OllamaError


def read_key() -> str | None:
    """The key; from a file if there is one, since an environment is seen by every process that is started."""
    if file := os.environ.get("MODELS_KEY_FILE"):
        return Path(file).read_text(encoding="utf-8").strip()
    return os.environ.get("MODELS_KEY")


def company_client() -> Ollama:
    """A client with the settings of the environment; the key goes to MODELS_HOST alone."""
    authority = os.environ.get("MODELS_CA")
    context = ssl.create_default_context(cadata=Path(authority).read_text(encoding="ascii") if authority else None)
    transport = httpx.HTTPTransport(verify=context, proxy=os.environ.get("MODELS_PROXY_URL"))
    return Ollama(
        os.environ["MODELS_HOST"], api_key=read_key(), transport=transport, timeout=httpx.Timeout(300, connect=5)
    )


def main() -> None:
    """Print what the server has."""
    with company_client() as client:
        print(client.list())


if __name__ == "__main__":
    try:
        main()
    except (OllamaError, OSError) as error:  # OSError: a file of the key or of the authority that cannot be read
        sys.exit(f"company: {error}")
    except KeyError as error:
        sys.exit(f"company: {error} is not set")
