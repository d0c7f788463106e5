"""The base class of both clients: their settings, and how their calls become calls of this SDK."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar, Final

from ollama_sdk import overlay
from ollama_sdk.overlay import OllamaError
from ollama_sdk.overlay._secrets import hidden, hidden_host
from ollama_sdk.overlay.compat._errors import RequestError, translate
from ollama_sdk.overlay.compat._settings import Settings

_CLOUD: Final = "https://ollama.com"
OPERATIONS: Final = {  # by path: our method, and the fields of the body that are its arguments
    "/api/chat": ("chat", ("model", "messages"), {}),
    "/api/generate": ("generate", ("model",), {}),
    "/api/embed": ("embed", ("model", "input"), {}),
    "/api/embeddings": ("embeddings", ("model", "prompt"), {}),
    "/api/pull": ("pull", ("model",), {}),
    "/api/push": ("push", ("model",), {}),
    "/api/create": ("create", ("model",), {"from": "from_", "files": "files", "adapters": "adapters"}),
    "/api/tags": ("list", (), {}),
    "/api/ps": ("ps", (), {}),
    "/api/show": ("show", ("model",), {}),
    "/api/copy": ("copy", ("source", "destination"), {}),
    "/api/delete": ("delete", ("model",), {}),
    "/v1/systemone": ("systemone", ("model", "state", "questions"), {}),
    f"{_CLOUD}/api/web_search": ("web_search", ("query",), {}),
    f"{_CLOUD}/api/web_fetch": ("web_fetch", ("url",), {}),
}
_clients: Final[dict[int, weakref.ref[BaseClient]]] = {}


def clients() -> list[BaseClient]:
    """Return the clients of this process that are in use."""
    # A copy first, made in one go: another thread may make a client, and a signal handler may be the caller.
    return [client for reference in list(_clients.values()) if (client := reference()) is not None]


class BaseClient:
    """The settings of a client.

    Args:
        host: The server; by default OLLAMA_HOST, else http://127.0.0.1:11434.
        follow_redirects: Whether redirects are followed.
        timeout: Seconds per phase, or what httpx.Timeout takes; None for no limit.
        headers: Headers of every request; those that are None are left out.
        max_retries: How often a call is made again when the connection fails or the server is busy, as for `Ollama`.
            The official client does not have it, and never makes a call again.
        **httpx_settings: Other arguments of httpx.Client, such as verify, proxy, auth or transport. With them an httpx
            client sends the calls; without them our own connections do, which are faster.
    """

    _sdk_class: ClassVar[type[Any]]
    _http_class: ClassVar[str]

    def __init__(
        self,
        host: str | None = None,
        *,
        follow_redirects: bool = True,
        timeout: Any = None,
        headers: Mapping[str, str | None] | None = None,
        max_retries: int = 2,
        **httpx_settings: Any,
    ) -> None:
        host, headers = hidden_host(host), hidden(headers)  # from here on no traceback with local variables shows them
        self._settings = Settings.of(
            host, headers, timeout=timeout, follow_redirects=follow_redirects, max_retries=max_retries
        )
        self._lock = threading.Lock()
        self._closed = False
        self._sdk: Any = None  # made when it is first needed, for which httpx is imported
        self._http: Any = None
        self._http_state: object = None
        self._http_sends = bool(httpx_settings)
        if httpx_settings:
            self._keep_http(self._settings.make_http_client(self._http_class, **httpx_settings))
        key = id(self)
        _clients[key] = weakref.ref(self, lambda _: _clients.pop(key, None))

    def abort(self) -> None:
        """End every call in flight; see `Ollama.abort`. The official client has nothing like it."""
        if self._sdk is not None:
            self._sdk.abort()

    @property
    def _client(self) -> Any:
        """An httpx client of the same settings, for programs that look into that of the official client.

        It has connections of its own. What is changed of its base_url, headers and timeout holds for the calls of this
        client, as does that it is closed. An httpx client that is put in its place sends these calls.
        """
        if self._http is None:
            unused = {"transport": _unused(self._http_class)} if self._closed else {}
            self._keep_http(self._settings.make_http_client(self._http_class, **unused))
            if self._closed:
                _close_unused(self._http)
        return self._http

    @_client.setter
    def _client(self, client: Any) -> None:
        self._http, self._http_state, self._http_sends = client, None, True

    def _keep_http(self, client: Any) -> None:
        self._http = client
        self._http_state = _state(client)

    def _current_sdk(self) -> Any:
        """Our client: made when it is first needed, and anew when a program has changed the httpx client."""
        http = self._http
        if self._closed or (http is not None and http.is_closed):
            raise translate(overlay.RequestError("the client is closed; make a new one"), closed=True)
        if http is not None and _state(http) != self._http_state:
            self._keep_http(http)
            self._settings = self._settings.changed_by(http)
            self._sdk = None
        sdk = self._sdk
        if sdk is None:
            with self._lock:  # threads that call at the same time share one
                sdk = self._sdk
                if sdk is None:
                    sdk = self._settings.make_sdk(self._sdk_class, http if self._http_sends else None)
                    self._sdk = sdk
        return sdk

    def _call(self, path: str, body: Mapping[str, Any] | None, *, stream: bool = False) -> Callable[[], Any]:
        """Return our call for one of the official client; fields that it does not check stay as given."""
        name, positional, named = OPERATIONS[path]
        rest = dict(body or {})
        rest.pop("stream", None)
        arguments = [rest.pop(field, None) for field in positional]
        keywords = {ours: rest.pop(field) for field, ours in named.items() if field in rest}
        if stream:
            keywords["stream"] = True
        return partial(getattr(self._current_sdk(), name), *arguments, **keywords, extra_body=rest or None)

    def _explain(self, error: OllamaError, *, streamed: bool = False) -> OllamaError:
        return translate(error, streamed=streamed, closed=self._closed)

    def _check_cloud_key(self, what: str) -> None:
        """Raise unless there is a key for https://ollama.com; the key of another host does not count."""
        self._current_sdk()
        if self._settings.cloud_key is None:
            raise RequestError(
                f"Authorization header with Bearer token is required for {what}: set OLLAMA_API_KEY. A header for "
                "another host than https://ollama.com or this machine is not sent there"
            )


def _state(http: Any) -> tuple[object, ...]:
    """The settings of an httpx client that a program may change."""
    return str(http.base_url), http.timeout, dict(http.headers)


def _unused(kind: str) -> Any:
    """A transport for an httpx client that is closed at once."""
    import httpx

    return httpx.BaseTransport() if kind == "Client" else httpx.AsyncBaseTransport()


def _close_unused(http: Any) -> None:
    """Close an httpx client that was never used, for which no event loop is needed."""
    if hasattr(http, "close"):
        http.close()
        return
    with suppress(StopIteration):
        http.aclose().send(None)
