"""Calls in flight: what `abort()` ends, limits in time, several calls side by side, and the log.

In: what to wait for, and what ends the wait. Out: AbortError and OllamaTimeoutError. Knows no requests and no answers.
"""
