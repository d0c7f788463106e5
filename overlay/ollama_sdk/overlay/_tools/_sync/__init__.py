# Compiled from overlay/ollama_sdk/overlay/_tools/_async/__init__.py; change that, then run `make generate`.
"""Asynchronous streams of conversations with tools."""
