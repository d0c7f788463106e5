# Compiled from overlay/ollama_sdk/overlay/_clients/_source/__init__.py; change that, then run `make generate`.
"""The asynchronous client."""
