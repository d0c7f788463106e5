# Compiled from overlay/ollama_sdk/overlay/_clients/_async/__init__.py; change that, then run `make generate`.
"""The blocking client."""
