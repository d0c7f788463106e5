"""A server of the Model Context Protocol, for tests: over stdio as a program, and for a server of HTTP."""

from __future__ import annotations

import anyio
from mcp.server.mcpserver import Image, MCPServer
from mcp_types import EmbeddedResource, ResourceLink, TextResourceContents
from pydantic import BaseModel


class Place(BaseModel):
    name: str
    height: int | None = None


def make_server() -> MCPServer:
    """Return a server with tools of each kind."""
    server = MCPServer("places")
    events = {"started": anyio.Event(), "cancelled": anyio.Event()}

    @server.tool()
    def add(a: int, b: int = 1) -> int:
        """Add two numbers."""
        return a + b

    @server.tool(name="describe-place")
    def describe(place: Place, tags: list[str]) -> str:
        return f"{place.name}, {place.height}, {tags}"

    @server.tool()
    def look() -> list[str | Image]:
        return ["A picture.", Image(data=b"\x89PNG", format="png")]

    @server.tool()
    def read() -> list[EmbeddedResource | ResourceLink]:
        inside = TextResourceContents(uri="file:///a.txt", text="the text")
        return [
            EmbeddedResource(type="resource", resource=inside),
            ResourceLink(type="resource_link", name="b", uri="file:///b.txt"),
        ]

    @server.tool()
    def structured() -> dict[str, int]:
        return {"height": 3}

    @server.tool()
    async def wait() -> str:
        events["started"].set()
        try:
            await anyio.sleep_forever()
        finally:
            events["cancelled"].set()
        return "never"

    @server.tool()
    async def happened(event: str) -> str:
        """Wait for what happens to `wait`."""
        await events[event].wait()
        return event

    return server


if __name__ == "__main__":
    make_server().run()
