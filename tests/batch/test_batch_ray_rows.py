"""What `OllamaRows` makes of the batches of Ray, without Ray."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from batch.server import ECHO, asked, echo, refusal, rows_of

from ollama_sdk.overlay import AsyncOllama, RequestError
from ollama_sdk.overlay.batch.ray import OllamaRows
from ollama_sdk.overlay.testing import OllamaServer

numpy = pytest.importorskip("numpy", reason="numpy of the extra numpy is not installed")

WORK = {"model": "m", "prompt": "{text}"}


@dataclass
class City:
    name: str


def send(rows: OllamaRows, *batches: dict[str, Any]) -> list[dict[str, Any]]:
    """The batches that come out, all sent at the same time as Ray does it."""

    async def one(batch: dict[str, Any]) -> dict[str, Any]:
        (out,) = [out async for out in rows(batch)]
        return out

    async def main() -> list[dict[str, Any]]:
        try:
            return await asyncio.gather(*map(one, batches))
        finally:
            await rows.close()

    return asyncio.run(main())


def texts(*values: str) -> dict[str, Any]:
    return {"text": numpy.array(values, object)}


def test_each_row_keeps_its_columns_and_gets_those_of_its_result(server: OllamaServer):
    server.reply("POST", "/api/generate", lambda received: refusal(400) if asked(received) == "bad" else echo(received))

    (out,) = send(OllamaRows(WORK, hosts=server.url), texts("a", "bad", "c"))

    assert out["text"].tolist() == ["a", "bad", "c"]
    assert out["value"] == ["a", None, "c"]
    assert [error and error.partition(":")[0] for error in out["error"]] == [None, "ResponseError", None]
    assert (out["host"], out["attempts"]) == ([server.url] * 3, [1, 1, 1])
    assert (out["prompt_tokens"], out["tokens"]) == ([7, 0, 7], [1, 0, 1])
    assert len(out["seconds"]) == 3


def test_batches_are_sent_at_the_same_time_and_ask_for_the_model_once(server: OllamaServer):
    rows = OllamaRows(WORK, hosts=server.url)
    batches = [texts(*map(str, range(part, 100, 5))) for part in range(5)]

    async def main() -> list[Any]:
        first = [out async for out in rows(texts("first"))]
        others = await asyncio.gather(*map(collect, batches))
        await rows.close()
        return first + [out for outs in others for out in outs]

    async def collect(batch: dict[str, Any]) -> list[Any]:
        return [out async for out in rows(batch)]

    values = [value for out in asyncio.run(main()) for value in out["value"]]
    assert sorted(map(int, values[1:])) == list(range(100))
    assert [request.path for request in server.requests].count("/api/show") == 1


def test_a_batch_without_rows_has_the_columns(server: OllamaServer):
    (out,) = send(OllamaRows(WORK, hosts=server.url), texts())

    assert set(out) == {"text", "value", "error", "host", "attempts", "seconds", "prompt_tokens", "tokens"}
    assert server.requests == []


def test_what_is_no_text_is_json_and_a_vector_stays_one(server: OllamaServer):
    async def work(client: AsyncOllama, row: dict[str, Any]) -> list[Any]:
        return [row["text"], 1]

    typed = OllamaRows({**WORK, "format": City}, hosts=server.url)
    (objects,) = send(typed, texts('{"name": "Oslo"}'))
    (lists,) = send(OllamaRows(work, hosts=server.url), texts("a"))
    (vectors,) = send(OllamaRows({"model": "m", "input": "{text}"}, hosts=server.url), texts("four"))

    assert json.loads(objects["value"][0]) == {"name": "Oslo"}
    assert lists["value"] == ['["a", 1]']
    assert vectors["value"] == [[4.0, 0.5]]


def test_lists_of_a_column_are_lists(server: OllamaServer):
    talk = numpy.empty(1, object)
    talk[0] = numpy.array([{"role": "user", "content": "Hi"}], object)

    (out,) = send(OllamaRows(lambda row: {"model": "m", "messages": row["talk"]}, hosts=server.url), {"talk": talk})

    assert out["value"] == ["Hi"]


def test_a_column_that_is_there_is_not_written_over(server: OllamaServer):
    batch = {**texts("a"), "value": numpy.array([1])}

    with pytest.raises(RequestError, match="the columns value already; give prefix="):
        send(OllamaRows(WORK, hosts=server.url), batch)
    (out,) = send(OllamaRows(WORK, hosts=server.url, prefix="ollama_"), batch)
    assert (out["value"].tolist(), out["ollama_value"]) == ([1], ["a"])


def test_rows_that_are_finished_are_not_sent_again(server: OllamaServer, tmp_path: Path):
    (first,) = send(OllamaRows(WORK, hosts=server.url, checkpoint=tmp_path), texts("a", "b"))
    (again,) = send(OllamaRows(WORK, hosts=server.url, checkpoint=tmp_path), texts("b", "a", "c"))

    assert (first["value"], again["value"]) == (["a", "b"], ["b", "a", "c"])
    assert sorted(rows_of(server)) == ["a", "b", "c"]


def test_a_host_that_is_away_is_waited_for_in_later_batches(server: OllamaServer):
    rows = OllamaRows(ECHO | {"prompt": "{text}"}, hosts=["127.0.0.1:9", server.url])

    async def main() -> list[Any]:
        values = [out["value"] for batch in (texts("a"), texts("b")) async for out in rows(batch)]
        await rows.close()
        return values

    assert asyncio.run(main()) == [["a"], ["b"]]
