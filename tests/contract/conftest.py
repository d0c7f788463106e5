"""The embedded model, for the tests of the contract test."""

pytest_plugins = ["ollama_sdk.overlay.testing.pytest_plugin"]
