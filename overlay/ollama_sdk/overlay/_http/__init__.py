"""Our HTTP/1.1 wire: httpx transports with a pool, connections and a response parser; an abort ends every phase.

In: httpx requests. Out: httpx responses, or httpx.TransportError. Imports nothing of ours but `_runtime`.

Extensions beside those of httpx, by which this room and those above it understand each other:

    abort        of a request: the `AbortHook` that ends it
    fresh        of a request: it needs a new connection
    reused       of a request that was sent: on a connection that had served before
    begun        of a request that failed: an answer had begun
    expect_end   of a response: limits the wait for the rest of its body, in seconds
"""
