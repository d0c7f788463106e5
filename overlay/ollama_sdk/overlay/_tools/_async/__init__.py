"""Asynchronous streams of conversations with tools."""
