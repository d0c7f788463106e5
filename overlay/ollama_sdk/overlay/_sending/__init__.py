"""One request, from its arguments to its response: building, headers and keys, hooks, retries, redirects, failures.

In: an operation and arguments. Out: an httpx response, a model or a stream. Knows no feature: it imports none of
`_clients`, `_library`, `_embeddings`, `_tools` and `_formats`.
"""
