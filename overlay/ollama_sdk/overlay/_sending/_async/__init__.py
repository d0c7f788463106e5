"""Sending for the asynchronous client."""
