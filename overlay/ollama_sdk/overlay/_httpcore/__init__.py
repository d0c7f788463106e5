"""httpx's own transports: abort, connecting and limits in time, which httpcore has no public access to.

In: transports of httpx or httpx2, also those of a caller. Out: the same, whose waits an abort ends; and whether a
failed request had reused a connection, or an answer had begun. The one room that knows private parts of httpcore (1.0).
"""
