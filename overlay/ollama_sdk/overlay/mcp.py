"""Tools of a Model Context Protocol server for `run_tools` of `AsyncOllama`.

The package `mcp` (`pip install 'ollama-sdk[mcp]'`) makes the session, over stdio or HTTP. This module uses the public
names of the SDK alone.

Example:
    >>> async def ask(session):  # an mcp.ClientSession, or an mcp.Client
    ...     async with AsyncOllama() as client:
    ...         return await client.run_tools("llama3.2", question, tools=await mcp_tools(session))
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any, Protocol

from attrs import evolve

from ollama_sdk.overlay import FunctionTool, Message, tool

__all__ = ["McpToolError", "ToolSession", "mcp_tools"]


class McpToolError(Exception):
    """A tool of an MCP server has reported a failure; the message is that of the tool."""


class ToolSession(Protocol):
    """A session with an MCP server: `mcp.ClientSession`, or `mcp.Client` of mcp 2."""

    async def list_tools(self, *args: Any, **kwargs: Any) -> Any:
        """Ask for a page of the tools."""

    async def call_tool(self, *args: Any, **kwargs: Any) -> Any:
        """Call a tool by its name and arguments."""


async def mcp_tools(session: ToolSession) -> list[FunctionTool]:
    """Return the tools of a session, for `tools=` of `AsyncOllama` in the event loop of the session.

    A tool has the name, the description and the schema that the server gives. Its result is text, and images for a
    model that has vision. What the server reports as an error is a McpToolError, which `run_tools` reports to the model
    unless `on_tool_error` is "raise". An abort cancels a call that is running, of which mcp 2 notifies the server.

    Args:
        session: The session, initialised. It must be open for as long as the tools are used.

    Raises:
        Exception: What the session raises.
    """
    page = _plain(await session.list_tools())
    found: list[dict[str, Any]] = page["tools"]
    while cursor := page.get("nextCursor"):
        page = _plain(await _next_page(session, cursor))
        found += page["tools"]
    return [_tool(session, each) for each in found]


async def _next_page(session: ToolSession, cursor: str) -> Any:
    if "cursor" in inspect.signature(session.list_tools).parameters:  # mcp.Client, and mcp 1
        return await session.list_tools(cursor=cursor)
    from mcp.types import PaginatedRequestParams

    return await session.list_tools(params=PaginatedRequestParams(cursor=cursor))


def _plain(answer: Any) -> dict[str, Any]:
    """Return a model of mcp with the field names of the protocol: mcp 1 and mcp 2 name attributes differently."""
    plain: dict[str, Any] = answer.model_dump(mode="json", by_alias=True)
    return plain


def _tool(session: ToolSession, described: Mapping[str, Any]) -> FunctionTool:
    name: str = described["name"]

    async def call(**arguments: Any) -> str | Message:
        return _result(_plain(await session.call_tool(name, arguments)))

    text = described.get("description") or described.get("title") or ""
    made = tool(call, name=name, description=text, parameters=described["inputSchema"])
    return evolve(made, needs_loop=True)


def _result(result: Mapping[str, Any]) -> str | Message:
    """Return the text of a tool's result for the model."""
    texts: list[str] = []
    images: list[Any] = []
    for block in result["content"]:
        resource = block.get("resource") or {}
        source = resource or block  # of a resource, or of the block itself
        kind = source.get("mimeType") or ""
        data = source.get("blob") or source.get("data")
        if source.get("text") is not None:
            texts.append(source["text"])
        elif data and (block["type"] == "image" or kind.startswith("image/")):
            images.append(data)
        else:
            words = (source.get("name"), source.get("uri"), kind, source.get("description"))
            texts.append(f"[{' '.join(filter(None, (block['type'], *words)))}]")
    if not texts and not images and result.get("structuredContent") is not None:
        texts.append(json.dumps(result["structuredContent"], ensure_ascii=False))
    text = "\n\n".join(texts)
    if result.get("isError"):
        raise McpToolError(text)
    return Message(role="tool", content=text, images=images) if images else text
