"""This SDK, as it is installed by default."""

from __future__ import annotations

from benchmarks.contenders import CONVERSATION, MESSAGES, Calls, readers
from ollama_sdk.overlay import AsyncOllama, Message, Ollama


def calls(url: str) -> Calls:
    client, other = Ollama(url), AsyncOllama(url)
    conversation = [Message.from_dict(dict(message)) for message in CONVERSATION]

    async def chat_async() -> int:
        return await readers.chat_async(await other.chat("m", MESSAGES, stream=True))

    async def generate_async() -> int:
        return await readers.generate_async(await other.generate("m", "Write.", stream=True))

    async def version_async() -> int:
        return len((await other.version()).version)

    async def chat_whole_async() -> int:
        return readers.whole(await other.chat("m", MESSAGES))

    async def streams_32() -> int:
        return await readers.at_once(32, chat_async)

    return {
        "chat": lambda: readers.chat(client.chat("m", MESSAGES, stream=True)),
        "chat_async": chat_async,
        "generate": lambda: readers.generate(client.generate("m", "Write.", stream=True)),
        "generate_async": generate_async,
        "tools": lambda: readers.tools(client.chat("m", MESSAGES, stream=True)),
        "streams_32": streams_32,
        "paced": lambda: readers.chat(client.chat("m", MESSAGES, stream=True)),
        "version": lambda: len(client.version().version),
        "version_async": version_async,
        "chat_whole": lambda: readers.whole(client.chat("m", MESSAGES)),
        "chat_whole_async": chat_whole_async,
        "embed": lambda: readers.vectors(client.embed("m", "text").embeddings),
        "embed_numpy": lambda: readers.vectors(client.embed("m", "text").as_numpy()),
        "conversation": lambda: readers.whole(client.chat("m", conversation)),
        "list_1000": lambda: readers.models(client.list()),
        "show_verbose": lambda: readers.verbose(client.show("m", verbose=True)),
    }
