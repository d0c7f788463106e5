"""Types that are no classes as the form of an answer: what type checkers need TypeForm for (PEP 747)."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict, assert_type

from ollama_sdk.overlay import AsyncOllama, Ollama


class City(TypedDict):
    name: str


def blocking(client: Ollama) -> None:
    assert_type(client.chat("m", [], format=City | None).parsed, City | None)
    assert_type(client.chat("m", [], format=Literal["yes", "no"]).parsed, Literal["yes", "no"])
    assert_type(client.generate("m", "Hi", format=Annotated[dict[str, City], "by name"]).parsed, dict[str, City])
    assert_type(client.run_tools("m", [], tools=[], format=City | None).parsed, City | None)


async def asynchronous(client: AsyncOllama) -> None:
    assert_type((await client.chat("m", [], format=City | None)).parsed, City | None)
    stream = await client.generate("m", "Hi", format=Literal["yes", "no"], stream=True)
    assert_type((await stream.final()).parsed, Literal["yes", "no"])
