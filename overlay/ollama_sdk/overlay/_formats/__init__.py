"""A Python type as the form of an answer: its JSON schema for the request, and `.parsed` of the response.

In: a type, a schema or "json". Out: a `Format`, responses and streams with `.parsed`. Does not import `_sending`.
"""
