"""What a request is made of and when it is tried again: pure, shared by both kinds of transport."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from attrs import evolve, field, frozen

from ollama_sdk.generated.types import Operation
from ollama_sdk.overlay import _httpx as httpx
from ollama_sdk.overlay._answers.ndjson import MAX_LINE_BYTES
from ollama_sdk.overlay._calls.log import without_query
from ollama_sdk.overlay._checks import Deadline, Limits, Timeout, check_seconds, parse_timeout
from ollama_sdk.overlay._config import Host, Keys, check_headers, origin_of, user_agent
from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._secrets import Secret
from ollama_sdk.overlay._sending.hooks import NO_HOOKS, Hooks

if TYPE_CHECKING:
    from ollama_sdk.overlay._library.blobs import Upload

MAX_REDIRECTS = 5
RETRIED_STATUSES = frozenset({429, 502, 503, 504})
LONGEST_WAIT = 60.0
"""Seconds beyond which Retry-After is not followed: the error is more use to the caller than the wait."""


@frozen
class Options:
    """What a client sends with and how it waits; a copy of a client may differ in these alone.

    Attributes:
        headers: The caller's own headers, names in lower case.
        limits: The limits of the phases.
        max_retries: How often a request is tried again.
        max_line_bytes: The longest line of a stream.
        hooks: What is called with requests and responses.
        deadline: Seconds that a call may take, or None.
    """

    headers: Mapping[str, str] = field(repr=False)
    limits: Limits
    max_retries: int
    max_line_bytes: int = MAX_LINE_BYTES
    hooks: Hooks = NO_HOOKS
    deadline: float | None = None

    def with_response_hook(self, hook: Callable[[httpx.Response], object]) -> Options:
        """The same with one more hook of responses."""
        return evolve(self, hooks=Hooks(self.hooks.request, (*self.hooks.response, hook)))


@frozen
class Prepared:
    """A request that can be sent, again and again.

    Attributes:
        method: The HTTP method.
        url: The whole URL.
        headers: All headers but those that httpx adds.
        content: The body, a file that is read while it is sent, or None.
        limits: The limits of the phases.
        max_retries: How often it may be tried again.
        is_own: Whether it goes to the client's own host, and may carry what an injected httpx client adds.
        max_line_bytes: The longest line that a stream may have.
        hooks: What is called with requests and responses.
        deadline: When the call must be over.
        stall_timeout: Seconds that a stream may bring nothing new, or None.
        about: What is sent, for messages, where the URL does not tell.
        where: The method and URL for messages, and `about`.
    """

    method: str
    url: httpx.URL
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | Upload | None = field(repr=False)
    limits: Limits
    max_retries: int
    is_own: bool
    max_line_bytes: int
    hooks: Hooks
    deadline: Deadline | None
    stall_timeout: float | None
    about: str = ""

    def header_lines(self) -> list[tuple[str, str]]:
        """All headers, with those that httpx adds to a request when it is not given a stream."""
        lines = list(self.headers.items())
        if self.content is not None:
            size = len(self.content) if isinstance(self.content, bytes) else self.content.size
            lines.insert(0, ("Content-Length", str(size)))
        elif self.method == "POST":
            lines.insert(0, ("Content-Length", "0"))
        if "host" not in self.headers:
            lines.insert(0, ("Host", self.url.netloc.decode("ascii")))
        return lines

    @property
    def where(self) -> str:
        """The method and URL for messages, and what is sent."""
        where = f"{self.method} {without_query(self.url)}"
        return f"{where} ({self.about})" if self.about else where


class Preparer:
    """Makes requests for one host.

    Args:
        host: Where they go.
        keys: The API keys.
    """

    def __init__(self, host: Host, keys: Keys) -> None:
        """Keep what all requests have in common."""
        self.host = host
        self._keys = keys
        self._user_agent: str | None = None
        self._urls: dict[str, httpx.URL] = {}  # parsing a URL takes longer than anything else here

    def __repr__(self) -> str:
        """Without secrets."""
        return f"Preparer({self.host.base_url!r})"

    def prepare(
        self,
        operation: Operation[Any, Any],
        content: bytes | Upload | None,
        options: Options,
        *,
        timeout: Timeout | None = None,
        deadline: float | Deadline | None = None,
        stall_timeout: float | None = None,
        extra_headers: Mapping[str, str] | None = None,
        path_parameters: Mapping[str, str] | None = None,
        cloud: bool = False,
        about: str = "",
    ) -> Prepared:
        """Make a request.

        Args:
            operation: What is asked for.
            content: The body.
            options: The client's headers, limits and retries.
            timeout: Limits for this call.
            deadline: Seconds for this call, or when it must be over.
            stall_timeout: Seconds that the stream may bring nothing new.
            extra_headers: More headers for this call.
            path_parameters: Values for the placeholders of the operation's path.
            cloud: Whether the operation is one that only the cloud has.
            about: What is sent, for messages.
        """
        if self._user_agent is None:
            self._user_agent = user_agent()
        headers = {"user-agent": self._user_agent}
        if cloud:
            if not self._keys.cloud_key:
                raise RequestError(
                    f"{operation.name} asks https://ollama.com, which wants a key: pass cloud_api_key= "
                    "or set OLLAMA_API_KEY"
                )
            headers["authorization"] = Secret(f"Bearer {self._keys.cloud_key}")
        else:
            if self._keys.host_key:
                headers["authorization"] = Secret(f"Bearer {self._keys.host_key}")
            elif self.host.basic_auth:
                headers["authorization"] = self.host.basic_auth
            headers.update(options.headers)
        if extra_headers:
            headers.update(check_headers(extra_headers, "extra_headers"))
        headers["accept"] = "application/json"
        # Without a body too: an injected httpx client may have a type of its own, which must not stand here.
        headers["content-type"] = operation.content_type or "application/json"
        path = operation.path
        for name, value in (path_parameters or {}).items():
            path = path.replace(f"{{{name}}}", quote(value, safe=":"))
        return Prepared(
            operation.method,
            self._url(path, cloud),
            headers,
            content,
            options.limits if timeout is None else parse_timeout(timeout),
            options.max_retries,
            not cloud,
            options.max_line_bytes,
            options.hooks,
            Deadline.of(options.deadline if deadline is None else deadline),
            None if stall_timeout is None else check_seconds("stall_timeout", stall_timeout),
            about,
        )

    def _url(self, path: str, cloud: bool) -> httpx.URL:
        base = "https://ollama.com:443" if cloud else self.host.base_url
        url = self._urls.get(base + path)
        if url is None:
            url = httpx.URL(base + path)
            if len(self._urls) < 100:  # paths with parameters are not repeated for ever
                self._urls[base + path] = url
        return url


_HEADERS_FOR_ANYBODY = frozenset({"user-agent", "accept", "content-type"})


def redirected(prepared: Prepared, status_code: int, location: str | None) -> Prepared | None:
    """The request that follows a redirect, or None when it is not to be followed.

    A request with a body is sent again for 307 and 308 only, since the other statuses would turn it into a GET. To
    another origin go none of the caller's headers and no key.
    """
    if location is None or not (
        status_code in (307, 308) or (status_code in (301, 302, 303) and prepared.method in ("GET", "HEAD"))
    ):
        return None
    try:
        url = prepared.url.join(location)
    except httpx.InvalidURL:
        return None
    if url.scheme not in ("http", "https"):
        return None
    if url.userinfo:
        url = url.copy_with(userinfo=b"")
    if origin_of(url) == origin_of(prepared.url):
        return evolve(prepared, url=url)
    kept = {name: value for name, value in prepared.headers.items() if name in _HEADERS_FOR_ANYBODY}
    return evolve(prepared, url=url, headers=kept, is_own=False)


def retry_wait(attempt: int, retry_after: str | None) -> float | None:
    """Seconds to wait before the next try; None when the server asks for more than is worth waiting for.

    Args:
        attempt: How many tries have failed, from 1.
        retry_after: The server's Retry-After header: seconds, or a date.
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
