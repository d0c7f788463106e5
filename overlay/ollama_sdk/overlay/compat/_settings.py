"""The settings of the official client, from which our client or an httpx client is made."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from typing import Any, Final

from attrs import field, frozen

from ollama_sdk import overlay
from ollama_sdk.overlay._config import CLOUD_ORIGIN, parse_host
from ollama_sdk.overlay._secrets import hidden, hidden_host
from ollama_sdk.overlay.compat._errors import RequestError, ResponseError

VERSION: Final = "0.6.3"
"""The version of the official client whose API this is."""

_OURS: Final = frozenset({"accept", "content-type", "user-agent"})
_HTTPX_OWN: Final = _OURS | {"accept-encoding", "connection"}


@frozen
class Settings:
    """The settings of a client.

    Attributes:
        host: The server as it was given, with user name and password; empty for the one on this machine.
        base_url: Its URL, without those.
        headers: Headers of every request, names in lower case, but for those that the client decides.
        timeout: What httpx.Timeout takes; None for no limit.
        follow_redirects: Whether redirects are followed.
        max_retries: How often a call is made again.
        cloud_key: The key for https://ollama.com.
    """

    host: str = field(repr=False)
    base_url: str
    headers: Mapping[str, str] = field(repr=False)
    timeout: Any
    follow_redirects: bool
    max_retries: int
    cloud_key: str | None = field(repr=False)

    @classmethod
    def of(
        cls,
        host: str | None,
        headers: Mapping[str, str | None] | None,
        *,
        timeout: Any,
        follow_redirects: bool,
        max_retries: int,
    ) -> Settings:
        """The settings of a client, for which the environment is read now.

        Raises:
            RequestError: The host cannot be used.
        """
        given = {name.lower(): hidden(value) for name, value in (headers or {}).items() if value is not None}
        kept = {name: value for name, value in given.items() if name not in _OURS}
        try:
            parsed = parse_host(host or None)
        except overlay.RequestError as error:
            raise RequestError(str(error)) from None
        # The header is for the host. It is a key of the cloud if that is the host, or this machine, which wants none.
        scheme, _, key = kept.get("authorization", "").partition(" ")
        is_key = scheme.lower() == "bearer" and (parsed.origin == CLOUD_ORIGIN or parsed.is_loopback)
        cloud_key = hidden((key.strip() if is_key else "") or os.environ.get("OLLAMA_API_KEY", "").strip())
        key = hidden(key)
        known_host = hidden_host(host or os.environ.get("OLLAMA_HOST") or "")
        return cls(known_host, parsed.base_url, kept, timeout, follow_redirects, max_retries, cloud_key or None)

    def changed_by(self, http_client: Any) -> Settings:
        """The settings, with those that a program has changed in the httpx client made of them."""
        base_url = str(http_client.base_url).rstrip("/") or self.base_url
        headers = {name: value for name, value in http_client.headers.items() if name not in _HTTPX_OWN}
        return Settings.of(
            self.host if base_url == self.base_url else base_url,
            headers,
            timeout=http_client.timeout,
            follow_redirects=self.follow_redirects,
            max_retries=self.max_retries,
        )

    def make_sdk(self, sdk_class: Any, http_client: Any) -> Any:
        """Our client, which sends by an httpx client if there is one."""
        import httpx

        return sdk_class(
            self.host,
            headers={**self.headers, "user-agent": _user_agent()},
            cloud_api_key=self.cloud_key,
            timeout=httpx.Timeout(self.timeout),
            max_retries=self.max_retries,
            http_client=http_client,
            event_hooks=None if self.follow_redirects else {"response": [_refuse_redirect]},
        )

    def make_http_client(self, http_class: str, **settings: Any) -> Any:
        """An httpx client as the official client makes it, with more settings of httpx."""
        import httpx

        return getattr(httpx, http_class)(
            base_url=self.base_url,
            follow_redirects=self.follow_redirects,
            timeout=self.timeout,
            headers={
                **self.headers,
                "content-type": "application/json",
                "accept": "application/json",
                "user-agent": _user_agent(),
            },
            **settings,
        )


def _user_agent() -> str:
    system = f"{platform.machine()} {platform.system().lower()}"
    ours = f"ollama-sdk/{overlay.__version__}"
    return f"ollama-python/{VERSION} ({system}) Python/{platform.python_version()} {ours}"


def _refuse_redirect(response: Any) -> None:
    if response.is_redirect:
        location = response.headers.get("location")
        raise ResponseError(f"redirect to {location}, and follow_redirects is false", response.status_code)
