# Compiled from overlay/ollama_sdk/overlay/_library/_async/__init__.py; change that, then run `make generate`.
"""Asynchronous uploads, and streams of progress."""
