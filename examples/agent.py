"""Let a model answer with three tools: a function, an async function, and one of an MCP server.

    python examples/agent.py notes "What did I write about Oslo, and what time is it there?"

It needs `pip install 'ollama-sdk[mcp]' mcp-server-time`, and a folder with files in it.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from mcp import Client, MCPError, StdioServerParameters

from ollama_sdk.overlay import AsyncOllama, OllamaError, ToolLike
from ollama_sdk.overlay.mcp import mcp_tools

MODEL = "qwen3"
CLOCK = StdioServerParameters(command=sys.executable, args=["-m", "mcp_server_time"])


async def main(folder: Path, question: str) -> None:
    """Print the calls of tools and the answer, while they come."""
    async with AsyncOllama() as client, Client(CLOCK) as session:

        def files() -> list[str]:
            """List the names of all files with notes."""
            return sorted(path.name for path in folder.iterdir() if path.is_file())

        async def summary(file: str) -> str:
            """Summarize a file with notes.

            Args:
                file: Its name, as `files` tells it.
            """
            if file not in files():
                raise ValueError(f"no such file: {file}")  # the model is told, and it reads nothing else
            text = await asyncio.to_thread((folder / file).read_text, encoding="utf-8", errors="replace")
            short = await client.generate(MODEL, f"Summarize in three sentences:\n\n{text}", think=False, deadline=120)
            return short.response or ""

        clock = [tool for tool in await mcp_tools(session) if tool.name == "get_current_time"]
        messages = [{"role": "user", "content": question}]
        tools: list[ToolLike] = [files, summary, *clock]
        async with await client.run_tools(MODEL, messages, tools=tools, parallel=True, stream=True) as answer:
            async for message in answer:
                for call in message.tool_calls or []:
                    print(f"[{call.function.name} {call.function.arguments}]", file=sys.stderr)
                if message.role == "assistant":
                    print(message.content or "", end="", flush=True)
        print()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    status = 0
    try:
        asyncio.run(main(Path(sys.argv[1]), " ".join(sys.argv[2:])))
    except* (OllamaError, MCPError, OSError) as failures:  # a session of MCP puts what it is left by into groups
        failure: BaseException = failures
        while isinstance(failure, BaseExceptionGroup):
            failure = failure.exceptions[0]
        print(f"agent: {failure}", file=sys.stderr)
        status = 1
    sys.exit(status)
