# Compiled from overlay/ollama_sdk/overlay/_embeddings/_async/__init__.py; change that, then run `make generate`.
"""Asynchronous batches of texts."""
