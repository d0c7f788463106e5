"""Asynchronous conversations with tools."""
