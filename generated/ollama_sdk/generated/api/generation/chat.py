"""Continue a conversation"""

from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.chat_request import ChatRequest
from ...models.chat_response import ChatResponse
from ...types import Response


def _get_kwargs(
    *,
    body: ChatRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/chat",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"
    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(response: httpx.Response) -> ChatResponse | None:
    if response.status_code == 200:
        response_200 = ChatResponse.from_dict(response.json())

        return response_200

    return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ChatResponse]:
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
    body: ChatRequest,
) -> Response[ChatResponse]:
    """Continue a conversation

    Writes the next message of a conversation, with tools, pictures, reasoning and structured output where the
    model can. Streams unless stream is false. A request without messages loads the model, or unloads it when
    keep_alive is 0; such an answer, and one with _debug_render_only, is one plain JSON object even when
    streaming.

    Args:
        body (ChatRequest): A conversation for which the model writes the next message.

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
    body: ChatRequest,
) -> ChatResponse:
    """Continue a conversation

    Writes the next message of a conversation, with tools, pictures, reasoning and structured output where the
    model can. Streams unless stream is false. A request without messages loads the model, or unloads it when
    keep_alive is 0; such an answer, and one with _debug_render_only, is one plain JSON object even when
    streaming.

    Args:
        body (ChatRequest): A conversation for which the model writes the next message.

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
    body: ChatRequest,
) -> Response[ChatResponse]:
    """Continue a conversation

    Writes the next message of a conversation, with tools, pictures, reasoning and structured output where the
    model can. Streams unless stream is false. A request without messages loads the model, or unloads it when
    keep_alive is 0; such an answer, and one with _debug_render_only, is one plain JSON object even when
    streaming.

    Args:
        body (ChatRequest): A conversation for which the model writes the next message.

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
    body: ChatRequest,
) -> ChatResponse:
    """Continue a conversation

    Writes the next message of a conversation, with tools, pictures, reasoning and structured output where the
    model can. Streams unless stream is false. A request without messages loads the model, or unloads it when
    keep_alive is 0; such an answer, and one with _debug_render_only, is one plain JSON object even when
    streaming.

    Args:
        body (ChatRequest): A conversation for which the model writes the next message.

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
