"""Calls in flight: their abort, their limits in time, several calls at the same time, and the log.

In: what to wait for, and the function that interrupts the wait. Out: AbortError and OllamaTimeoutError. Knows neither
requests nor answers.
"""
