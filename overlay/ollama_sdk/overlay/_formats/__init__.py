"""Structured output: the JSON schema of a Python type for the request, and `.parsed` of the response.

In: a type, a schema or "json". Out: a `Format`, responses and streams with `.parsed`. Does not import `_sending`.
"""
