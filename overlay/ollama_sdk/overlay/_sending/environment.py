"""The proxies of the environment: HTTP_PROXY, HTTPS_PROXY and ALL_PROXY, and NO_PROXY for the hosts without one."""

from __future__ import annotations

import ipaddress
import os
import re

from attrs import field, frozen

from ollama_sdk.overlay._config import Host
from ollama_sdk.overlay._secrets import hidden

_ENTRY = r"(?:\[(?P<bracketed>[^\]]*)\]|(?P<name>[^:]*))(?::(?P<port>\d+))?"  # compiled when it is first needed


@frozen
class Proxy:
    """A proxy that the environment names."""

    source: str  # the variable that names it, or "proxy" for the settings of the system
    url: str = field(repr=False)  # it may have a password

    @property
    def setting(self) -> str:
        """The variable and its value without a password, for messages."""
        return f"{self.source}={re.sub(r'//.*@', '//***@', self.url, flags=re.DOTALL)}"


def proxy_for(host: Host) -> Proxy | None:
    """Return the proxy for a host; None for addresses of this machine, and for what NO_PROXY names."""
    if host.is_loopback:
        return None
    from urllib.request import getproxies, getproxies_environment, proxy_bypass

    variables = getproxies_environment()  # names in lower case win, and a CGI program has no HTTP_PROXY
    proxies = variables or getproxies()
    scheme = host.scheme if proxies.get(host.scheme) else "all"
    url = proxies.get(scheme)
    if not url:
        return None
    if not variables:
        source, excepted = "proxy", bool(proxy_bypass(host.name.strip("[]")))
    else:
        name = f"{scheme}_proxy"
        source, excepted = (name if os.environ.get(name) else name.upper()), _is_excepted(host, proxies.get("no", ""))
    return None if excepted else Proxy(source, hidden(url if "://" in url else f"http://{url}"))


def _is_excepted(host: Host, no_proxy: str) -> bool:
    """Whether NO_PROXY names a host, as curl, requests and httpx read it.

    An entry is a name, which stands for its subdomains too, with "." or "*." in front or not; an address or a network
    (CIDR), IPv6 with brackets or without; each with a port or a scheme if only those are meant; or "*" for all.
    """
    name = host.name.strip("[]").partition("%")[0].rstrip(".")
    address = _network(name)
    for text in no_proxy.lower().replace(",", " ").split():
        scheme, _, entry = text.rpartition("://")
        if scheme not in ("", "all", host.scheme):
            continue
        port = None
        if match := re.fullmatch(_ENTRY, entry):  # else an IPv6 address without brackets
            entry, port = match["bracketed"] or match["name"] or "", match["port"]
        if port is not None and int(port) != host.port:
            continue
        suffix = entry.removeprefix("*").strip(".")
        if entry == "*" or (suffix and f".{name}".endswith(f".{suffix}")):
            return True
        network = _network(entry.partition("%")[0])
        if network and address and address.network_address in network:
            return True
    return False


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Read a network in CIDR notation, or an address as a network of one; return None for other text."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    return ipaddress.ip_network(mapped) if mapped and network.num_addresses == 1 else network
