"""httpx's own transports: abort, connecting and limits in time, which httpcore has no public access to.

In: transports of httpx or httpx2, also those of a caller. Out: the same, whose waits an abort ends; and what a failure
tells of the connection. It is the one room that knows private parts of httpcore (1.0); `_http` knows nothing of it.
"""
