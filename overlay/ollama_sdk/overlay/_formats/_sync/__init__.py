# Compiled from overlay/ollama_sdk/overlay/_formats/_async/__init__.py; change that, then run `make generate`.
"""Asynchronous streams of answers that have a `format`."""
