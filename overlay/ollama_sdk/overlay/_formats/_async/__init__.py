"""Asynchronous streams of answers that have a `format`."""
