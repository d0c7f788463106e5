# Compiled from overlay/ollama_sdk/overlay/_answers/_async/__init__.py; change that, then run `make generate`.
"""Asynchronous streams."""
