"""Sending a request again: retries after failures and busy answers, and redirects."""

from __future__ import annotations

import random
import time
from datetime import datetime
from typing import Any

from attrs import evolve

from ollama_sdk.overlay import _httpx as httpx
from ollama_sdk.overlay._calls import log as _log
from ollama_sdk.overlay._config import origin_of, parse_host
from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._httpcore.failures import was_reused
from ollama_sdk.overlay._sending.failures import can_retry
from ollama_sdk.overlay._sending.request import Request

MAX_REDIRECTS = 5
RETRIED_STATUSES = frozenset({429, 502, 503, 504})
LONGEST_WAIT = 60.0
"""The longest Retry-After that is followed, in seconds; beyond it the caller gets the error instead of the wait."""


class Attempts:
    """Counts the attempts of one call, and decides whether there is another one."""

    def __init__(self, request: Request[Any]) -> None:
        self.request = request  # of the current attempt
        self.number = 1
        self.fresh = False  # whether it needs a new connection: the idle ones may be as dead as the last one was
        self._redirects = 0
        self._may_be_done = False

    def is_stale(self, sent: httpx.Request, failure: Exception | httpx.Response) -> bool:
        """Return whether an attempt failed since the server had given up an idle connection, and is made again at once.

        Such a connection has served before, and brought nothing this time, or status 408 (Request Timeout).
        """
        given_up = can_retry(sent, failure) if isinstance(failure, Exception) else failure.status_code == 408
        if not given_up or not was_reused(sent, failure):
            return False
        _log.retrying(self.request.where, self.number, 0.0, "the connection was stale")
        self.fresh = self._may_be_done = True
        return True

    def wait_after(self, failure: Exception | httpx.Response, sent: httpx.Request) -> float | None:
        """Return the seconds to wait before the next attempt, or None when there is none."""
        retry_after = None
        if isinstance(failure, Exception):
            self.fresh = True
            if not can_retry(sent, failure):
                return None
            reason = repr(failure)
            may_be_done = not isinstance(failure, httpx.ConnectError | httpx.ConnectTimeout)
        else:
            status, retry_after = failure.status_code, failure.headers.get("retry-after")
            if status not in RETRIED_STATUSES:
                return None
            reason = f"status {status}"
            may_be_done = status in (502, 504)  # of a proxy; a busy server has done nothing
        failures = self.number - self._redirects  # with the one that has just failed
        if failures > self.request.options.max_retries:
            return None
        wait = retry_wait(failures, retry_after)
        if wait is not None:
            _log.retrying(self.request.where, self.number, wait, reason)
            self.number += 1
            self._may_be_done |= may_be_done
        return wait

    def has_deleted(self, response: httpx.Response) -> bool:
        """Return whether an attempt before has deleted what this one does not find; its answer was lost."""
        return response.status_code == 404 and self.request.operation.method == "DELETE" and self._may_be_done

    def follow(self, response: httpx.Response) -> bool:
        """Return whether an answer is a redirect that the next attempt follows."""
        following = redirected(self.request, response.status_code, response.headers.get("location"))
        if following is None or self._redirects >= MAX_REDIRECTS:
            return False
        _log.redirecting(self.request.where, response.status_code, following.url)
        self._redirects += 1
        self.number += 1
        self.request = following
        return True


_HEADERS_FOR_ANYBODY = frozenset({"user-agent", "accept", "accept-encoding", "content-type"})


def redirected(request: Request[Any], status_code: int, location: str | None) -> Request[Any] | None:
    """Return the request that follows a redirect, or None when it is not to be followed, or leads to no possible host.

    A request with a body is sent again for 307 and 308 only, since the other statuses would turn it into a GET, and
    not from https to http, where others could read it. To another origin go none of the caller's headers and no key.
    """
    if location is None or not (
        status_code in (307, 308) or (status_code in (301, 302, 303) and request.operation.method in ("GET", "HEAD"))
    ):
        return None
    try:
        url = request.url.join(location)
        parse_host(f"{url.scheme}://{url.netloc.decode()}")
        url.host.encode("idna")  # as every lookup does
    except (httpx.InvalidURL, RequestError, UnicodeError):
        return None
    if request.content is not None and (request.url.scheme, url.scheme) == ("https", "http"):
        return None
    if url.userinfo:
        url = url.copy_with(userinfo=b"")
    if origin_of(url) == origin_of(request.url):
        return evolve(request, address=str(url))
    kept = {name: value for name, value in request.headers.items() if name in _HEADERS_FOR_ANYBODY}
    return evolve(request, address=str(url), headers=kept, is_own=False)


def retry_wait(attempt: int, retry_after: str | None) -> float | None:
    """Return the seconds to wait after failed attempt number `attempt`; None when the server asks for too many.

    `retry_after` is the server's Retry-After header: seconds, or a date.
    """
    asked = _parse_retry_after(retry_after)
    if asked is not None:
        return asked if asked <= LONGEST_WAIT else None
    return min(0.25 * 2.0**attempt, 8.0) * random.uniform(0.5, 1.0)  # noqa: S311  # jitter, not a secret


def _parse_retry_after(value: str | None) -> float | None:
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    from email.utils import parsedate_to_datetime

    try:
        date: datetime = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # of a number with twenty digits
        return None
    return max(0.0, date.timestamp() - time.time())
