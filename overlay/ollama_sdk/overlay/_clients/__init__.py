"""`Ollama`, `AsyncOllama` and what shares their operations: raw responses, generated endpoints, the default client.

In: what a program calls. Out: what it gets back. The top of the house: nothing below imports it.
"""
