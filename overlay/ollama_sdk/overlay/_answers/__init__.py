"""From the bytes of an answer to models and streams of models, and from failures to the error tree.

In: an httpx response. Out: generated models, `Stream` and `AsyncStream`. Knows no requests: it imports `_calls`, and
never `_sending`.
"""
