"""The log of the SDK: requests, their results, and why they are sent again; without headers, bodies and queries."""

from __future__ import annotations

import logging
import os
import time
import warnings
from typing import TYPE_CHECKING

from ollama_sdk.overlay._errors import AbortError, one_line

if TYPE_CHECKING:
    import httpx


logger = logging.getLogger("ollama_sdk")
logger.addHandler(logging.NullHandler())  # silent until the program configures logging, or OLLAMA_SDK_LOG is set


def _follow_environment() -> None:
    """Write to standard error from the level on that OLLAMA_SDK_LOG names, unless the program configures logging."""
    level = os.environ.get("OLLAMA_SDK_LOG", "").upper()
    if level not in ("DEBUG", "INFO"):
        if level:
            warnings.warn(f"OLLAMA_SDK_LOG must be debug or info, not {level.lower()!r}", stacklevel=2)
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    handler.addFilter(lambda _: not logging.root.handlers)  # otherwise each line would be printed twice
    logger.addHandler(handler)
    logger.setLevel(level)


_follow_environment()


def without_query(url: httpx.URL) -> httpx.URL:
    """Return a URL without what may be secret: its user, and its query, which file stores put signatures in."""
    if not url.query and not url.userinfo:
        return url
    return url.copy_with(query=None, userinfo=b"")


def sending(where: str, number: int) -> float:
    """Log that a request is sent, and return the time for `answered`; 0 if that is not logged."""
    if not logger.isEnabledFor(logging.DEBUG):
        return 0.0
    logger.debug("%s: try %d", where, number)
    return time.perf_counter()


def answered(where: str, number: int, status_code: int, started: float) -> None:
    """Log the status of an answer."""
    if started:
        seconds = time.perf_counter() - started
        logger.debug("%s: status %d after %.3f s (try %d)", where, status_code, seconds, number)


def retrying(where: str, number: int, wait: float, reason: object) -> None:
    """Log that a request will be sent again, and why."""
    logger.info("%s: try %d failed (%s); the next one in %.2f s", where, number, reason, wait)


def redirecting(where: str, status_code: int, url: httpx.URL) -> None:
    """Log where a redirect leads."""
    logger.info("%s: status %d leads to %s", where, status_code, one_line(str(without_query(url))))


def ended(where: str, error: BaseException) -> None:
    """Log that a call has ended without a whole answer, but not the message of its error, which the caller gets."""
    if isinstance(error, AbortError):
        logger.info("%s: aborted", where)
    else:
        logger.debug("%s: ended with %s", where, type(error).__name__)
