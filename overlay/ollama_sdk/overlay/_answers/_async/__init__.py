"""Asynchronous streams."""
