"""Look at one model"""

from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.show_request import ShowRequest
from ...models.show_response import ShowResponse
from ...types import Response


def _get_kwargs(
    *,
    body: ShowRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/show",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"
    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(response: httpx.Response) -> ShowResponse | None:
    if response.status_code == 200:
        response_200 = ShowResponse.from_dict(response.json())

        return response_200

    return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ShowResponse]:
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
    body: ShowRequest,
) -> Response[ShowResponse]:
    """Look at one model

    Tells everything about one model: template, settings, license, metadata, tensors and capabilities. The name
    field is accepted in place of model.

    Args:
        body (ShowRequest): Asks for everything the server knows about one model.

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
    body: ShowRequest,
) -> ShowResponse:
    """Look at one model

    Tells everything about one model: template, settings, license, metadata, tensors and capabilities. The name
    field is accepted in place of model.

    Args:
        body (ShowRequest): Asks for everything the server knows about one model.

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
    body: ShowRequest,
) -> Response[ShowResponse]:
    """Look at one model

    Tells everything about one model: template, settings, license, metadata, tensors and capabilities. The name
    field is accepted in place of model.

    Args:
        body (ShowRequest): Asks for everything the server knows about one model.

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
    body: ShowRequest,
) -> ShowResponse:
    """Look at one model

    Tells everything about one model: template, settings, license, metadata, tensors and capabilities. The name
    field is accepted in place of model.

    Args:
        body (ShowRequest): Asks for everything the server knows about one model.

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
