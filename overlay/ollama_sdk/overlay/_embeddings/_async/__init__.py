"""Sending texts, asynchronously."""
