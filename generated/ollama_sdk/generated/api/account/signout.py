"""Sign the server out"""

from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...types import Response


def _get_kwargs() -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/signout",
    }
    return _kwargs


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[None]:
    if client.raise_on_unexpected_status and not response.is_success:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=None,
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
) -> Response[None]:
    """Sign the server out

    Ends the server's connection to its account. The request has no body.

    Returns:
        The whole answer.

    Raises:
        errors.UnexpectedStatus: The server answered with an error, and the client has raise_on_unexpected_status.
        httpx.HTTPError: The request could not be made (or, with the overlay's client, an error of its own tree)."""

    kwargs = _get_kwargs()
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
) -> None:
    """Sign the server out

    Ends the server's connection to its account. The request has no body.

    Returns:
        Nothing: success has no content.

    Raises:
        errors.UnexpectedStatus: The server answered with an error.
        httpx.HTTPError: The request could not be made (or, with the overlay's client, an error of its own tree)."""

    response = sync_detailed(
        client=client,
    )
    if not 200 <= response.status_code < 300:
        raise errors.UnexpectedStatus(response.status_code, response.content)


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
) -> Response[None]:
    """Sign the server out

    Ends the server's connection to its account. The request has no body.

    Returns:
        The whole answer.

    Raises:
        errors.UnexpectedStatus: The server answered with an error, and the client has raise_on_unexpected_status.
        httpx.HTTPError: The request could not be made (or, with the overlay's client, an error of its own tree)."""

    kwargs = _get_kwargs()
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
) -> None:
    """Sign the server out

    Ends the server's connection to its account. The request has no body.

    Returns:
        Nothing: success has no content.

    Raises:
        errors.UnexpectedStatus: The server answered with an error.
        httpx.HTTPError: The request could not be made (or, with the overlay's client, an error of its own tree)."""

    response = await asyncio_detailed(
        client=client,
    )
    if not 200 <= response.status_code < 300:
        raise errors.UnexpectedStatus(response.status_code, response.content)
