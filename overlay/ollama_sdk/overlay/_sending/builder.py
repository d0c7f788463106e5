"""From the arguments of a call to its request: the JSON body, the headers and keys, the URL and the limits."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any, TypeVar, cast
from urllib.parse import quote

from attrs import frozen

from ollama_sdk.generated import models
from ollama_sdk.generated.types import Model, Operation
from ollama_sdk.overlay import _json
from ollama_sdk.overlay._answers.answers import Parser, parse_answer
from ollama_sdk.overlay._checks import (
    NO_DEADLINE,
    Deadline,
    check_kind,
    check_seconds,
    check_whole_number,
    parse_timeout,
)
from ollama_sdk.overlay._config import Host, Keys, check_headers, user_agent
from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._secrets import Secret
from ollama_sdk.overlay._sending.fields import encode_keep_alive, encode_options
from ollama_sdk.overlay._sending.loading import load_models
from ollama_sdk.overlay._sending.request import Body, Options, Request

M = TypeVar("M", bound=Model)
Arguments = Mapping[str, Any]
"""The keyword arguments of a call that its method does not name."""
ArgumentsT = TypeVar("ArgumentsT", bound=Mapping[str, object])

_CALL_ARGUMENTS = frozenset(
    {"timeout", "deadline", "stall_timeout", "max_response_bytes", "extra_headers", "extra_body"}
)
_BARE_ARGUMENTS = _CALL_ARGUMENTS - {"stall_timeout"}
_CLOUD = "https://ollama.com:443"


def as_progress(operation: Operation[Any, None]) -> Operation[Any, models.ProgressResponse]:
    """Return an operation whose success has no body as one that answers with a ProgressResponse, as callers get it."""
    return cast("Operation[Any, models.ProgressResponse]", operation)


@frozen
class RequestBuilder:
    """Builds the requests of one client; raises RequestError for an argument that cannot be used."""

    host: Host
    keys: Keys
    options: Options

    def json(
        self,
        operation: Operation[Any, M],
        arguments: Arguments,
        fields: Mapping[str, object],
        *,
        parse: Parser[M] = parse_answer,
        cloud: bool = False,
    ) -> Request[M]:
        """Build a request with a JSON body.

        Its fields are among the `arguments` of the caller, beside limits and headers of the call; `fields` are those
        that the SDK has checked, which take precedence. One of the `cloud` goes to https://ollama.com.
        """
        load_models(operation)
        values = {name: value for name, value in arguments.items() if name not in _CALL_ARGUMENTS}
        values.update(fields)
        body = _make_body(operation.request_model(), values)
        extra = read_extra_body(arguments)  # on top, and these may be null
        content = encode_json({**Model._shallow_dict(body), **extra} if extra else body)
        return self.build(
            operation, content, arguments, parse=parse, cloud=cloud, streamed=fields.get("stream") is True
        )

    def bare(
        self,
        operation: Operation[None, M],
        arguments: Arguments,
        *,
        content: Body | None = None,
        parameters: Mapping[str, str] | None = None,
        parse: Parser[M] = parse_answer,
        about: str = "",
    ) -> Request[M]:
        """Build a request without a JSON body, unless the caller's extra fields make one.

        Its `arguments` are limits and headers of the call; others are a RequestError. `content` is read while it is
        sent, `parameters` are for the placeholders of the path, and `about` describes the content in messages.
        """
        load_models(operation)
        if not _BARE_ARGUMENTS.issuperset(arguments):
            unknown = min(set(arguments) - _BARE_ARGUMENTS)
            raise RequestError(f"{operation.name} does not take the argument {unknown!r}")
        extra = read_extra_body(arguments)
        body = encode_json(extra) if extra else content
        return self.build(operation, body, arguments, parse=parse, parameters=parameters, about=about)

    def build(
        self,
        operation: Operation[Any, M],
        content: bytes | Body | None,
        arguments: Arguments,
        *,
        parse: Parser[M] = parse_answer,
        parameters: Mapping[str, str] | None = None,
        cloud: bool = False,
        streamed: bool = False,
        about: str = "",
    ) -> Request[M]:
        """Build a request from its body; see `json` and `bare` for the arguments."""
        timeout, stall_timeout = arguments.get("timeout"), arguments.get("stall_timeout")
        if stall_timeout is not None:
            if not streamed:
                raise RequestError("stall_timeout= watches a stream: add stream=True, or limit the call with deadline=")
            stall_timeout = check_seconds("stall_timeout", stall_timeout)
        options = self.options
        largest = arguments.get("max_response_bytes")
        if largest is not None:
            largest = check_whole_number("max_response_bytes", largest, 1)
        return Request(
            operation=operation,
            address=self._address(operation, parameters, cloud),
            headers=self._headers(operation, arguments, cloud),
            content=content,
            options=options,
            limits=options.limits if timeout is None else parse_timeout(timeout),
            deadline=self._deadline(arguments),
            stall_timeout=stall_timeout,
            max_bytes=inf if streamed else options.max_response_bytes if largest is None else largest,
            parse=parse,
            is_own=not cloud,
            about=about,
        )

    def start_deadline(self, arguments: ArgumentsT) -> ArgumentsT:
        """Start the deadline of a call that is made of several requests, in its arguments, once for all of them."""
        cast("dict[str, object]", arguments)["deadline"] = self._deadline(arguments)
        return arguments

    def _deadline(self, arguments: Mapping[str, object]) -> Deadline:
        given = arguments.get("deadline")
        if given is None and self.options.deadline == inf:
            return NO_DEADLINE
        return Deadline.of(self.options.deadline if given is None else given)

    def _headers(self, operation: Operation[Any, Any], arguments: Arguments, cloud: bool) -> dict[str, str]:
        headers = {"user-agent": user_agent()}
        if cloud:
            if not self.keys.cloud_key:
                raise RequestError(
                    f"{operation.name} asks https://ollama.com, which wants a key: pass cloud_api_key= "
                    "or set OLLAMA_API_KEY"
                )
            headers["authorization"] = Secret(f"Bearer {self.keys.cloud_key}")
        else:
            if self.keys.host_key:
                headers["authorization"] = Secret(f"Bearer {self.keys.host_key}")
            elif self.host.basic_auth:
                headers["authorization"] = self.host.basic_auth
            headers.update(self.options.headers)
        headers.update(check_headers(arguments.get("extra_headers"), "extra_headers"))
        headers.setdefault("accept-encoding", "identity")  # decompressing costs more than the network does
        headers["accept"] = "application/json"
        # Without a body too: an injected httpx client may have a type of its own, which must not stand here.
        headers["content-type"] = operation.content_type or "application/json"
        return headers

    def _address(self, operation: Operation[Any, Any], parameters: Mapping[str, str] | None, cloud: bool) -> str:
        path = operation.path
        for name, value in (parameters or {}).items():
            path = path.replace(f"{{{name}}}", quote(value, safe=":"))
        return (_CLOUD if cloud else self.host.base_url) + path


def read_extra_body(arguments: Arguments) -> dict[str, Any]:
    """Return the extra fields of a call; raise RequestError unless they are a mapping."""
    extra_body = arguments.get("extra_body")
    check_kind("extra_body", extra_body, Mapping)
    return dict(extra_body or {})


def encode_json(body: object) -> bytes:
    """Return the body of a request as JSON; raise RequestError if it has a value that JSON does not have."""
    try:
        return _json.dumps(body)
    except (TypeError, ValueError) as error:
        raise RequestError(f"the request cannot be written as JSON: {error}") from error


def _make_body(cls: type[M], values: dict[str, Any]) -> M:
    for name in ("options", "parameters"):
        if values.get(name) is not None:
            values[name] = encode_options(values[name], name)
    if values.get("keep_alive") is not None:
        values["keep_alive"] = encode_keep_alive(values["keep_alive"])
    try:
        return cls(**values)
    except TypeError as error:
        raise RequestError(str(error)) from error
