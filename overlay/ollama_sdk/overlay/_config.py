"""The settings of a client's requests: host, headers, API keys."""

from __future__ import annotations

import base64
import ipaddress
import os
import platform
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import quote, unquote

from attrs import field, frozen

from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._secrets import Secret, hidden
from ollama_sdk.overlay._version import __version__

if TYPE_CHECKING:
    import httpx

MAX_RESPONSE_BYTES = 256 << 20
"""What a whole answer may have by default, in bytes: 256 MiB, more than any answer of a model."""
CLOUD_ORIGIN = ("https", "ollama.com", 443)
_SCHEME_PORTS = {"http": 80, "https": 443}
_HOST_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@frozen
class Host:
    """A server's address in normal form."""

    scheme: str  # "http" or "https"
    name: str  # host name or address in lower case, IPv6 in brackets
    port: int
    path: str = ""  # the prefix of the paths of the API: empty, or "/..." without a slash at the end
    basic_auth: str | None = field(default=None, repr=False)  # the Authorization header for user name and password

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port; a key is sent to no other origin."""
        return self.scheme, self.name, self.port

    @property
    def base_url(self) -> str:
        """The URL in normal form: with the port, without a slash at the end, without a user name."""
        return f"{self.scheme}://{self.name}:{self.port}{self.path}"

    @property
    def is_loopback(self) -> bool:
        """Whether the address is this machine's own."""
        if self.name == "localhost" or self.name.endswith(".localhost"):
            return True
        try:
            address = ipaddress.ip_address(self.name.strip("[]").partition("%")[0])
        except ValueError:
            return False
        return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def origin_of(url: httpx.URL) -> tuple[str, str, int]:
    """Return scheme, host and port of an http or https URL."""
    return url.scheme, url.host, url.port or _SCHEME_PORTS.get(url.scheme, 80)


def parse_host(text: str | None) -> Host:
    """Return the Host of a host string, read as Ollama reads OLLAMA_HOST, with errors where Ollama guesses.

    Args:
        text: Such as "models.lan", "10.0.0.7:8080", "https://models.lan/ollama", "[::1]:9000"; None reads OLLAMA_HOST,
            and blank text means the default, http://127.0.0.1:11434. The bind-all addresses 0.0.0.0 and [::] mean
            this machine's loopback.

    Raises:
        RequestError: The text is not a usable host; the message says why.

    Example:
        >>> parse_host("models.lan").base_url
        'http://models.lan:11434'
        >>> parse_host("ollama.com").base_url
        'https://ollama.com:443'
    """
    source = "OLLAMA_HOST" if text is None else "host"
    if text is None:
        text = os.environ.get("OLLAMA_HOST", "")
    if not isinstance(text, str):
        raise RequestError(f"host must be a string such as 'http://127.0.0.1:11434', not {type(text).__name__}")
    plain = text.strip().strip("\"'").strip()

    def refuse(why: str) -> NoReturn:
        shown = re.sub(r"^([a-z]*://)?.*@", r"\1***@", plain, flags=re.IGNORECASE | re.DOTALL)
        if "@" in plain and "@" not in re.sub(r"^[a-zA-Z]*://", "", plain).partition("/")[0]:
            why = "cannot be read; write / ? # in a password as %2F %3F %23"  # what was misread may be the password
        raise RequestError(f"{source} {shown!r} {why}; give one such as 'http://127.0.0.1:11434' or 'models.lan:8080'")

    if not plain.isascii() and plain != plain.encode("utf-8", "replace").decode():
        refuse("has a character that is not Unicode text")  # half of a surrogate pair, or a byte of the environment
    scheme, separator, rest = plain.partition("://")
    if not separator:
        scheme, rest = "", plain
    elif scheme.lower() not in _SCHEME_PORTS:
        refuse("has a scheme other than http and https")
    scheme = scheme.lower()
    if "?" in rest or "#" in rest:
        refuse("has a query or a fragment")
    authority, _, path = rest.partition("/")
    userinfo, at, address = authority.rpartition("@")
    name, port_text = _split_port(address, refuse)
    name = _normal_name(name, refuse)
    if scheme:
        port = _SCHEME_PORTS[scheme]
    else:
        scheme, port = ("https", 443) if name == "ollama.com" else ("http", 11434)
    if port_text:
        if not (port_text.isascii() and port_text.isdigit() and len(port_text) <= 5 and int(port_text) <= 65535):
            refuse(f"has the port {port_text!r}, which is not a number up to 65535")
        port = int(port_text)
        if port == 0:
            refuse("has the port 0, to which nothing can connect")
    path = "/".join(quote(unquote(part), safe="!$&'()*+,;=:@~") for part in path.split("/") if part)
    basic_auth = None
    if at:
        user, _, password = userinfo.partition(":")
        token = base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
        basic_auth = Secret(f"Basic {token}")
    return Host(scheme, name, port, f"/{path}" if path else "", basic_auth)


def _split_port(address: str, refuse: Callable[[str], NoReturn]) -> tuple[str, str]:
    """Return the name and the text of the port, which may be empty."""
    if address.startswith("["):
        name, bracket, after = address.partition("]")
        if not bracket or (after and not after.startswith(":")):
            refuse("has brackets that do not hold just an IPv6 address")
        return name + bracket, after[1:]
    if address.count(":") > 1:  # an IPv6 address without brackets, which cannot have a port
        return f"[{address}]", ""
    name, _, port = address.partition(":")
    return name, port


def _normal_name(name: str, refuse: Callable[[str], NoReturn]) -> str:
    if not name:
        return "127.0.0.1"
    if name.startswith("["):
        address, _, zone = name[1:-1].partition("%")
        try:
            parsed = ipaddress.IPv6Address(address)
        except ValueError:
            refuse(f"has {name[1:-1]!r} where an IPv6 address or a single port is expected")
        if (parsed.ipv4_mapped or parsed).is_unspecified:
            return "127.0.0.1" if parsed.ipv4_mapped else "[::1]"
        zone = zone.removeprefix("25")
        if zone and not _HOST_NAME.fullmatch(zone):
            refuse(f"has {zone!r} where the name of a network interface is expected")
        return f"[{parsed.compressed}%25{zone}]" if zone else f"[{parsed.compressed}]"
    if name == "0.0.0.0":  # noqa: S104  # a server binds to it, but no client connects to it
        return "127.0.0.1"
    if not name.isascii():
        import idna  # comes with httpx

        try:
            return idna.encode(name, uts46=True).decode()
        except idna.IDNAError as error:
            refuse(f"has a name that is no international domain name ({error})")
    if not _HOST_NAME.fullmatch(name):
        refuse(f"has {name!r} where a host name is expected")
    return name.lower()


@frozen
class Keys:
    """The API keys of a client, which its repr hides."""

    host_key: str | None = field(default=None, repr=False)  # sent to the client's own host
    cloud_key: str | None = field(default=None, repr=False)  # sent to https://ollama.com, by what only the cloud has


def resolve_keys(host: Host, api_key: str | None, cloud_api_key: str | None) -> Keys:
    """Return the keys for the client's host and for the cloud; raise RequestError for one that no header can have."""
    for name, value in (("api_key", api_key), ("cloud_api_key", cloud_api_key)):
        _check_key(name, value)
    environment_key = hidden(os.environ.get("OLLAMA_API_KEY", "").strip() or None)
    _check_key("OLLAMA_API_KEY", environment_key)
    is_cloud = host.origin == CLOUD_ORIGIN
    host_key = api_key or (environment_key if is_cloud and not host.basic_auth else None)
    return Keys(host_key, cloud_api_key or (api_key if is_cloud else None) or environment_key)


def _check_key(name: str, value: str | None) -> None:
    if value is None:
        return
    if not isinstance(value, str):
        raise RequestError(f"{name} must be a string, not {type(value).__name__}")
    if not value or not value.isascii() or not value.isprintable() or value != value.strip():
        raise RequestError(f"{name} must be one line of ASCII text without blanks around it; was it read from a file?")


def check_headers(headers: Mapping[str, str] | None, name: str = "headers") -> dict[str, str]:
    """Return headers of the caller, names in lower case, without those that the SDK sets itself; else RequestError."""
    if headers is None:
        return {}
    if not isinstance(headers, Mapping):
        raise RequestError(f"{name} must be a mapping of header names to values, not {type(headers).__name__}")
    checked: dict[str, str] = {}
    for key, value in headers.items():
        if not isinstance(key, str) or not _HEADER_NAME.fullmatch(key):
            raise RequestError(f"{name} has the header name {key!r}, which HTTP does not allow")
        if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
            raise RequestError(f"{name}[{key!r}] must be one line of ASCII text, without control characters")
        if key.lower() not in _OWN_HEADERS:
            checked[key.lower()] = Secret(value.strip())  # HTTP ignores blanks around a value
    return checked


# The SDK sets the type of the body, JSON or a blob, and httpx its length and the host.
_OWN_HEADERS = frozenset({"content-type", "accept", "content-length", "transfer-encoding", "host"})


@cache
def user_agent() -> str:
    """Return the User-Agent header: this SDK, Python and the platform."""
    return f"ollama-sdk/{__version__} Python/{platform.python_version()} ({platform.system().lower()})"
