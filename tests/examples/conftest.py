"""The fixtures of the SDK's own plugin."""

# Imported, since pytest takes `pytest_plugins` from the topmost conftest.py only.
from ollama_sdk.overlay.testing.pytest_plugin import ollama_model_server, ollama_server

__all__ = ["ollama_model_server", "ollama_server"]
