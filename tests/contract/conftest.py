"""The embedded model, for the tests of the contract test."""

# Imported, since pytest takes `pytest_plugins` from the topmost conftest.py only.
from ollama_sdk.overlay.testing.pytest_plugin import ollama_model_server

__all__ = ["ollama_model_server"]
