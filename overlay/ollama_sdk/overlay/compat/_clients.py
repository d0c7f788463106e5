"""The module `ollama._client`: the clients, and other names that programs and tests import from it."""

# ruff: noqa: F401, F403

from ollama_sdk.overlay._config import parse_host
from ollama_sdk.overlay.compat._async.client import AsyncClient
from ollama_sdk.overlay.compat._base import BaseClient
from ollama_sdk.overlay.compat._bodies import copy_images as _copy_images
from ollama_sdk.overlay.compat._bodies import copy_messages as _copy_messages
from ollama_sdk.overlay.compat._bodies import copy_tools as _copy_tools
from ollama_sdk.overlay.compat._errors import CONNECTION_ERROR_MESSAGE as CONNECTION_ERROR_MESSAGE
from ollama_sdk.overlay.compat._settings import VERSION as __version__
from ollama_sdk.overlay.compat._sync.client import Client
from ollama_sdk.overlay.compat._types import *
from ollama_sdk.overlay.compat._utils import convert_function_to_tool


def _parse_host(host: str | None) -> str:
    """Return the base URL of a host string, as `Ollama` reads it."""
    return parse_host(host or "").base_url
