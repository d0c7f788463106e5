"""What `AsyncClient` lets a model write, turn into vectors or judge, and the web."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal, Unpack, overload

from ollama_sdk.overlay.compat import _arguments, _bodies
from ollama_sdk.overlay.compat import _types as types
from ollama_sdk.overlay.compat._async.calls import AsyncCalls


class AsyncTextCalls(AsyncCalls):
    """The part of `AsyncClient` that asks models."""

    @overload
    async def generate(
        self,
        model: str = "",
        prompt: str | None = None,
        suffix: str | None = None,
        *,
        stream: Literal[False] = False,
        **arguments: Unpack[_arguments.GenerateArguments],
    ) -> types.GenerateResponse: ...
    @overload
    async def generate(
        self,
        model: str = "",
        prompt: str | None = None,
        suffix: str | None = None,
        *,
        stream: Literal[True],
        **arguments: Unpack[_arguments.GenerateArguments],
    ) -> AsyncIterator[types.GenerateResponse]: ...
    async def generate(
        self,
        model: str = "",
        prompt: str | None = None,
        suffix: str | None = None,
        *,
        system: str | None = None,
        template: str | None = None,
        context: Sequence[int] | None = None,
        stream: bool = False,
        think: bool | str | None = None,
        logprobs: bool | None = None,
        top_logprobs: int | None = None,
        raw: bool | None = None,
        format: _arguments.AnyFormat | None = None,
        images: Sequence[_arguments.AnyImage] | None = None,
        options: _arguments.AnyOptions | None = None,
        keep_alive: _arguments.KeepAlive | None = None,
        width: int | None = None,
        height: int | None = None,
        steps: int | None = None,
    ) -> types.GenerateResponse | AsyncIterator[types.GenerateResponse]:
        """Let a model continue or answer a prompt; `AsyncOllama.generate` says more (POST /api/generate)."""
        body = _bodies.generate(
            model=model,
            prompt=prompt,
            suffix=suffix,
            system=system,
            template=template,
            context=context,
            stream=stream,
            think=think,
            logprobs=logprobs,
            top_logprobs=top_logprobs,
            raw=raw,
            format=format,
            images=images,
            options=options,
            keep_alive=keep_alive,
            width=width,
            height=height,
            steps=steps,
        )
        return await self._request(types.GenerateResponse, "POST", "/api/generate", json=body, stream=stream)

    @overload
    async def chat(
        self,
        model: str = "",
        messages: Sequence[_arguments.AnyMessage] | None = None,
        *,
        stream: Literal[False] = False,
        **arguments: Unpack[_arguments.ChatArguments],
    ) -> types.ChatResponse: ...
    @overload
    async def chat(
        self,
        model: str = "",
        messages: Sequence[_arguments.AnyMessage] | None = None,
        *,
        stream: Literal[True],
        **arguments: Unpack[_arguments.ChatArguments],
    ) -> AsyncIterator[types.ChatResponse]: ...
    async def chat(
        self,
        model: str = "",
        messages: Sequence[_arguments.AnyMessage] | None = None,
        *,
        tools: Sequence[_arguments.AnyTool] | None = None,
        stream: bool = False,
        think: bool | str | None = None,
        logprobs: bool | None = None,
        top_logprobs: int | None = None,
        format: _arguments.AnyFormat | None = None,
        options: _arguments.AnyOptions | None = None,
        keep_alive: _arguments.KeepAlive | None = None,
    ) -> types.ChatResponse | AsyncIterator[types.ChatResponse]:
        """Let a model write the next message of a conversation; `AsyncOllama.chat` says more (POST /api/chat)."""
        body = _bodies.chat(
            model=model,
            messages=messages,
            tools=tools,
            stream=stream,
            think=think,
            logprobs=logprobs,
            top_logprobs=top_logprobs,
            format=format,
            options=options,
            keep_alive=keep_alive,
        )
        return await self._request(types.ChatResponse, "POST", "/api/chat", json=body, stream=stream)

    async def systemone(
        self,
        model: str,
        state: types.SystemOneContent,
        questions: Mapping[str, types.SystemOneQuestion | Mapping[str, Any]],
        keep_alive: _arguments.KeepAlive | None = None,
    ) -> types.SystemOneResponse:
        """Let a System One model choose, estimate or score (POST /v1/systemone)."""
        request = types.SystemOneRequest(model=model, state=state, questions=questions, keep_alive=keep_alive)
        return await self._request(types.SystemOneResponse, "POST", "/v1/systemone", json=_bodies.body(request))

    async def embed(
        self,
        model: str = "",
        input: str | Sequence[str] = "",
        truncate: bool | None = None,
        options: _arguments.AnyOptions | None = None,
        keep_alive: _arguments.KeepAlive | None = None,
        dimensions: int | None = None,
    ) -> types.EmbedResponse:
        """Turn one text into a vector, or several into several (POST /api/embed)."""
        request = types.EmbedRequest(
            model=model,
            input=input,
            truncate=truncate,
            options=options,
            keep_alive=keep_alive,
            dimensions=dimensions,
        )
        return await self._request(types.EmbedResponse, "POST", "/api/embed", json=_bodies.body(request))

    async def embeddings(
        self,
        model: str = "",
        prompt: str | None = None,
        options: _arguments.AnyOptions | None = None,
        keep_alive: _arguments.KeepAlive | None = None,
    ) -> types.EmbeddingsResponse:
        """Turn one text into a vector, in the older form (POST /api/embeddings)."""
        request = types.EmbeddingsRequest(model=model, prompt=prompt, options=options, keep_alive=keep_alive)
        return await self._request(types.EmbeddingsResponse, "POST", "/api/embeddings", json=_bodies.body(request))

    async def web_search(self, query: str, max_results: int = 3) -> types.WebSearchResponse:
        """Search the web.

        Args:
            query: What to search for.
            max_results: How many pages to return at most.
        """
        self._check_cloud_key("web search")
        request = types.WebSearchRequest(query=query, max_results=max_results)
        url = "https://ollama.com/api/web_search"
        return await self._request(types.WebSearchResponse, "POST", url, json=_bodies.body(request))

    async def web_fetch(self, url: str) -> types.WebFetchResponse:
        """Read a page of the web.

        Args:
            url: The address of the page.
        """
        self._check_cloud_key("web fetch")
        request = types.WebFetchRequest(url=url)
        where = "https://ollama.com/api/web_fetch"
        return await self._request(types.WebFetchResponse, "POST", where, json=_bodies.body(request))
