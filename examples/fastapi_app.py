"""Serve a chat by FastAPI: `python examples/fastapi_app.py [PORT]`.

    curl -N localhost:8000/chat --json '[{"role": "user", "content": "Why is the sky blue?"}]'

It needs `pip install 'fastapi>=0.118' uvicorn`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, StreamingResponse

from ollama_sdk.overlay import AsyncOllama, AsyncStream, ChatResponse, Message, OllamaError

Answer = AsyncStream[ChatResponse]
LIMIT = 4  # answers at a time, as many as OLLAMA_NUM_PARALLEL of the server
answering: set[Request] = set()
client = AsyncOllama()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Close the connections when the application ends."""
    async with client:
        yield


app = FastAPI(lifespan=lifespan)


async def answer(request: Request, messages: list[Message]) -> AsyncIterator[Answer]:
    """Ask the model; hold a place and the stream until the response has ended, however it ends."""
    if len(answering) >= LIMIT:
        raise HTTPException(503, f"{LIMIT} answers are being written; try again later", {"Retry-After": "5"})
    answering.add(request)
    asking = asyncio.create_task(client.chat("llama3.2", messages, stream=True))
    leaving = asyncio.ensure_future(request.receive())  # the body has been read: what comes now is the end
    try:
        await asyncio.wait((asking, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not asking.done():
            raise HTTPException(499, "the client left before the first piece")  # for the log
        leaving.cancel()
        async with asking.result() as stream:
            yield stream
    finally:
        asking.cancel()
        leaving.cancel()
        answering.remove(request)


@app.post("/chat")
async def chat(stream: Annotated[Answer, Depends(answer)]) -> StreamingResponse:
    """Send the text while it is written. When the client leaves, Starlette cancels this, and the stream is closed."""
    return StreamingResponse(stream.text, media_type="text/plain")


@app.get("/health")
async def health() -> dict[str, object]:
    """Tell whether Ollama answers, and how many answers are being written."""
    return {"ollama": (await client.version(deadline=2)).version, "answering": len(answering), "limit": LIMIT}


@app.exception_handler(OllamaError)
async def failed(request: Request, error: OllamaError) -> JSONResponse:
    """Tell what happened, if it happened before the first piece."""
    return JSONResponse({"detail": str(error)}, 502)


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]) if len(sys.argv) > 1 else 8000)
