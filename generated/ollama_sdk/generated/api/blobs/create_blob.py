"""Upload a file"""

from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...types import File, Response


def _get_kwargs(
    digest: str,
    *,
    body: File,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/blobs/{digest}".format(
            digest=quote(str(digest), safe=""),
        ),
    }

    _kwargs["content"] = body.payload

    headers["Content-Type"] = "application/octet-stream"
    _kwargs["headers"] = headers
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
    digest: str,
    *,
    client: AuthenticatedClient | Client,
    body: File,
) -> Response[None]:
    """Upload a file

    Stores the bytes of a file under their digest, for use by the create operation. Bytes that do not match the
    digest are a 400, and stay on the server under their true digest.

    Args:
        digest (str):
        body (File):

    Returns:
        The whole answer.

    Raises:
        errors.UnexpectedStatus: The server answered with an error, and the client has raise_on_unexpected_status.
        httpx.HTTPError: The request could not be made (or, with the overlay's client, an error of its own tree)."""

    kwargs = _get_kwargs(
        digest=digest,
        body=body,
    )
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    digest: str,
    *,
    client: AuthenticatedClient | Client,
    body: File,
) -> None:
    """Upload a file

    Stores the bytes of a file under their digest, for use by the create operation. Bytes that do not match the
    digest are a 400, and stay on the server under their true digest.

    Args:
        digest (str):
        body (File):

    Returns:
        Nothing: success has no content.

    Raises:
        errors.UnexpectedStatus: The server answered with an error.
        httpx.HTTPError: The request could not be made (or, with the overlay's client, an error of its own tree)."""

    response = sync_detailed(
        digest=digest,
        client=client,
        body=body,
    )
    if not 200 <= response.status_code < 300:
        raise errors.UnexpectedStatus(response.status_code, response.content)


async def asyncio_detailed(
    digest: str,
    *,
    client: AuthenticatedClient | Client,
    body: File,
) -> Response[None]:
    """Upload a file

    Stores the bytes of a file under their digest, for use by the create operation. Bytes that do not match the
    digest are a 400, and stay on the server under their true digest.

    Args:
        digest (str):
        body (File):

    Returns:
        The whole answer.

    Raises:
        errors.UnexpectedStatus: The server answered with an error, and the client has raise_on_unexpected_status.
        httpx.HTTPError: The request could not be made (or, with the overlay's client, an error of its own tree)."""

    kwargs = _get_kwargs(
        digest=digest,
        body=body,
    )
    kwargs["content"] = kwargs["content"].read()  # an httpx.AsyncClient does not send from an open file
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    digest: str,
    *,
    client: AuthenticatedClient | Client,
    body: File,
) -> None:
    """Upload a file

    Stores the bytes of a file under their digest, for use by the create operation. Bytes that do not match the
    digest are a 400, and stay on the server under their true digest.

    Args:
        digest (str):
        body (File):

    Returns:
        Nothing: success has no content.

    Raises:
        errors.UnexpectedStatus: The server answered with an error.
        httpx.HTTPError: The request could not be made (or, with the overlay's client, an error of its own tree)."""

    response = await asyncio_detailed(
        digest=digest,
        client=client,
        body=body,
    )
    if not 200 <= response.status_code < 300:
        raise errors.UnexpectedStatus(response.status_code, response.content)
