"""Let a model judge a state by questions"""

from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.system_one_request import SystemOneRequest
from ...models.system_one_response import SystemOneResponse
from ...types import Response


def _get_kwargs(
    *,
    body: SystemOneRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/systemone",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"
    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(response: httpx.Response) -> SystemOneResponse | None:
    if response.status_code == 200:
        response_200 = SystemOneResponse.from_dict(response.json())

        return response_200

    return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[SystemOneResponse]:
    if client.raise_on_unexpected_status and not response.is_success:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: SystemOneRequest,
) -> Response[SystemOneResponse]:
    """Let a model judge a state by questions

    Asks a System One model, such as nimble, to choose among options, to tell how likely something is true, or to
    score, without writing text. Known from the official clients ollama-python 0.6.3 and ollama-js 0.6.4; it needs
    a server of version 0.35.0 or later and a local model. The answer is never streamed.

    Args:
        body (SystemOneRequest): A state, and the questions by which a model judges it.

    Returns:
        The whole answer.

    Raises:
        errors.UnexpectedStatus: The server answered with an error, and the client has raise_on_unexpected_status.
        httpx.HTTPError: The request could not be made (or, with the overlay's client, an error of its own tree)."""

    kwargs = _get_kwargs(
        body=body,
    )
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: SystemOneRequest,
) -> SystemOneResponse:
    """Let a model judge a state by questions

    Asks a System One model, such as nimble, to choose among options, to tell how likely something is true, or to
    score, without writing text. Known from the official clients ollama-python 0.6.3 and ollama-js 0.6.4; it needs
    a server of version 0.35.0 or later and a local model. The answer is never streamed.

    Args:
        body (SystemOneRequest): A state, and the questions by which a model judges it.

    Returns:
        The parsed answer.

    Raises:
        errors.UnexpectedStatus: The server answered with an error.
        httpx.HTTPError: The request could not be made (or, with the overlay's client, an error of its own tree)."""

    response = sync_detailed(
        client=client,
        body=body,
    )
    if response.parsed is None:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    return response.parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: SystemOneRequest,
) -> Response[SystemOneResponse]:
    """Let a model judge a state by questions

    Asks a System One model, such as nimble, to choose among options, to tell how likely something is true, or to
    score, without writing text. Known from the official clients ollama-python 0.6.3 and ollama-js 0.6.4; it needs
    a server of version 0.35.0 or later and a local model. The answer is never streamed.

    Args:
        body (SystemOneRequest): A state, and the questions by which a model judges it.

    Returns:
        The whole answer.

    Raises:
        errors.UnexpectedStatus: The server answered with an error, and the client has raise_on_unexpected_status.
        httpx.HTTPError: The request could not be made (or, with the overlay's client, an error of its own tree)."""

    kwargs = _get_kwargs(
        body=body,
    )
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: SystemOneRequest,
) -> SystemOneResponse:
    """Let a model judge a state by questions

    Asks a System One model, such as nimble, to choose among options, to tell how likely something is true, or to
    score, without writing text. Known from the official clients ollama-python 0.6.3 and ollama-js 0.6.4; it needs
    a server of version 0.35.0 or later and a local model. The answer is never streamed.

    Args:
        body (SystemOneRequest): A state, and the questions by which a model judges it.

    Returns:
        The parsed answer.

    Raises:
        errors.UnexpectedStatus: The server answered with an error.
        httpx.HTTPError: The request could not be made (or, with the overlay's client, an error of its own tree)."""

    response = await asyncio_detailed(
        client=client,
        body=body,
    )
    if response.parsed is None:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    return response.parsed
