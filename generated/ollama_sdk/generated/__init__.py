"""A client library for accessing Ollama API"""

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .client import AuthenticatedClient, Client

__all__ = (
    "API_VERSION",
    "AuthenticatedClient",
    "Client",
    "SERVER_COMMIT",
    "SERVER_VERSION",
)

API_VERSION: Final = "1.0.0"
"""The version of the API description that this package is compiled from."""

SERVER_VERSION: Final = "source of 2026-08-21, after v0.31"
"""The server that the description was checked against."""

SERVER_COMMIT: Final = "fb30760996871fa9460115c753afd2c60d4ab0f7"
"""The commit of that server's source."""


def __getattr__(name: str) -> Any:
    if name not in ("AuthenticatedClient", "Client"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import client

    value = globals()[name] = getattr(client, name)
    return value
