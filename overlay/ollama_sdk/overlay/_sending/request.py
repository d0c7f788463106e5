"""A request between the arguments of a call and the bytes that are sent, and the settings that it is sent with."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import inf
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from attrs import field, frozen

from ollama_sdk.generated.types import Model, Operation
from ollama_sdk.overlay import _httpx as httpx
from ollama_sdk.overlay._answers.answers import Parser, Source
from ollama_sdk.overlay._calls.log import without_query

if TYPE_CHECKING:
    from ollama_sdk.overlay._checks import Deadline, Limits
    from ollama_sdk.overlay._sending.hooks import Hooks

M = TypeVar("M", bound=Model)


class Body(Protocol):
    """A body that is read while it is sent: an httpx byte stream, blocking and asynchronous, whose size is known."""

    @property
    def size(self) -> int:
        """The size in bytes."""
        ...


@frozen
class Options:
    """The settings of a client that its copies may change; `with_options` of the clients explains them."""

    headers: Mapping[str, str] = field(repr=False)  # the caller's own, names in lower case
    limits: Limits
    max_retries: int
    max_line_bytes: int
    max_response_bytes: int
    hooks: Hooks
    deadline: float = inf


@frozen(slots=False, eq=False)  # frozen attributes in slots take half a microsecond longer to set
class Request(Generic[M]):
    """A request that can be sent again and again. A redirect is followed by a request that is evolved from it."""

    operation: Operation[Any, M]
    address: str  # the whole URL as text, since the first request is built before httpx is imported
    headers: Mapping[str, str] = field(repr=False)  # all but Host and Content-Length
    content: bytes | Body | None = field(repr=False)
    options: Options  # of the client; `limits` and `deadline` may be those of the call
    limits: Limits
    deadline: Deadline
    stall_timeout: float | None  # seconds that a stream may bring nothing new
    max_bytes: float  # what the answer may have after decoding; `math.inf` for a stream
    parse: Parser[M]
    is_own: bool  # whether it goes to the client's own host, and may carry what an injected httpx client adds
    about: str  # a description of the content for messages, where the URL is not enough

    @property
    def url(self) -> httpx.URL:
        return _parsed(self.address)

    @property
    def where(self) -> str:
        """The method and URL, and the description of the content, for messages."""
        return _where(self.operation.method, self.address, self.about)

    def answer(self, response: httpx.Response) -> M:
        """Return the model of a response whose body was read."""
        return self.parse(self.operation, response.content, self.source(response))

    def source(self, response: httpx.Response) -> Source:
        """Return where a response comes from, for the errors of its answer."""
        return Source(self.where, response.status_code, response.headers)


@lru_cache(maxsize=100)  # parsing takes longer than the rest of building a request
def _parsed(address: str) -> httpx.URL:
    return httpx.URL(address)


@lru_cache(maxsize=100)
def _where(method: str, address: str, about: str) -> str:
    where = f"{method} {without_query(_parsed(address))}"
    return f"{where} ({about})" if about else where
