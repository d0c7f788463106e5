"""Search the web"""

from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.web_search_request import WebSearchRequest
from ...models.web_search_response import WebSearchResponse
from ...types import Response


def _get_kwargs(
    *,
    body: WebSearchRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/web_search",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"
    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(response: httpx.Response) -> WebSearchResponse | None:
    if response.status_code == 200:
        response_200 = WebSearchResponse.from_dict(response.json())

        return response_200

    return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[WebSearchResponse]:
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
    body: WebSearchRequest,
) -> Response[WebSearchResponse]:
    """Search the web

    Searches the web through the hosted service, which needs its API key. Errors beyond 401 are up to the service.

    Args:
        body (WebSearchRequest): A question for the web search.

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
    body: WebSearchRequest,
) -> WebSearchResponse:
    """Search the web

    Searches the web through the hosted service, which needs its API key. Errors beyond 401 are up to the service.

    Args:
        body (WebSearchRequest): A question for the web search.

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
    body: WebSearchRequest,
) -> Response[WebSearchResponse]:
    """Search the web

    Searches the web through the hosted service, which needs its API key. Errors beyond 401 are up to the service.

    Args:
        body (WebSearchRequest): A question for the web search.

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
    body: WebSearchRequest,
) -> WebSearchResponse:
    """Search the web

    Searches the web through the hosted service, which needs its API key. Errors beyond 401 are up to the service.

    Args:
        body (WebSearchRequest): A question for the web search.

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
