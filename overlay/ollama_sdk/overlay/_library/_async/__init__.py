"""Asynchronous uploads, and streams of progress."""
