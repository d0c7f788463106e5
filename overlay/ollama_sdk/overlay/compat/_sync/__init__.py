# Compiled from overlay/ollama_sdk/overlay/compat/_async/__init__.py; change that, then run `make generate`.
"""The blocking client, which is written; the blocking one beside it is compiled from it."""
