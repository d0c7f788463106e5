"""The transports of a browser (Pyodide), over its `fetch`: it has no sockets, so there is no wire of ours.

In: httpx requests. Out: httpx responses, or httpx.TransportError. An abort ends every phase.
"""
