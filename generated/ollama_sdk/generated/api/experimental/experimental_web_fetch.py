"""Read a web page through this server"""

from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.web_fetch_request import WebFetchRequest
from ...models.web_fetch_response import WebFetchResponse
from ...types import Response


def _get_kwargs(
    *,
    body: WebFetchRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/experimental/web_fetch",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"
    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(response: httpx.Response) -> WebFetchResponse | None:
    if response.status_code == 200:
        response_200 = WebFetchResponse.from_dict(response.json())

        return response_200

    return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[WebFetchResponse]:
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
    body: WebFetchRequest,
) -> Response[WebFetchResponse]:
    """Read a web page through this server

    Passes the reading of a web page on to the hosted service, signed by this server; the caller's own key is
    dropped. Status and body of the service come back as they are.

    Args:
        body (WebFetchRequest): Names the web page to read.

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
    body: WebFetchRequest,
) -> WebFetchResponse:
    """Read a web page through this server

    Passes the reading of a web page on to the hosted service, signed by this server; the caller's own key is
    dropped. Status and body of the service come back as they are.

    Args:
        body (WebFetchRequest): Names the web page to read.

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
    body: WebFetchRequest,
) -> Response[WebFetchResponse]:
    """Read a web page through this server

    Passes the reading of a web page on to the hosted service, signed by this server; the caller's own key is
    dropped. Status and body of the service come back as they are.

    Args:
        body (WebFetchRequest): Names the web page to read.

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
    body: WebFetchRequest,
) -> WebFetchResponse:
    """Read a web page through this server

    Passes the reading of a web page on to the hosted service, signed by this server; the caller's own key is
    dropped. Status and body of the service come back as they are.

    Args:
        body (WebFetchRequest): Names the web page to read.

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
