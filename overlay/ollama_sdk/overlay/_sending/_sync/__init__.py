# Compiled from overlay/ollama_sdk/overlay/_sending/_async/__init__.py; change that, then run `make generate`.
"""Sending for the blocking client."""
