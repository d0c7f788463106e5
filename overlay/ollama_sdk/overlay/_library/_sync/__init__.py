# Compiled from overlay/ollama_sdk/overlay/_library/_async/__init__.py; change that, then run `make generate`.
"""What blocking clients do with models."""
