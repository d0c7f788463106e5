"""Clients of both kinds."""

from overlay.both_clients import api

__all__ = ["api"]
