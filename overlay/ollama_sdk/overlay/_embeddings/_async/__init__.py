"""Asynchronous batches of texts."""
