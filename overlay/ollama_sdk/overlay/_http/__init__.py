"""Our HTTP/1.1 wire: httpx transports with a pool, connections and a response parser; an abort ends every phase.

In: httpx requests. Out: httpx responses, or httpx.TransportError. Imports nothing of ours but `_runtime`.
"""
