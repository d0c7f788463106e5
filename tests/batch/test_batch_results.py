"""Each row comes back once: its value, its error, its id, and how it went."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from batch.conftest import Collect
from batch.server import ECHO, refusal, rows_of

from ollama_sdk.overlay import AsyncOllama, RequestError, ResponseError, batch
from ollama_sdk.overlay.batch import Result, RowError, WorkError
from ollama_sdk.overlay.testing import Json, OllamaServer, Received, Reply, answer


def only(results: list[Result[Any, Any]]) -> Result[Any, Any]:
    (result,) = results
    return result


def values(results: list[Result[Any, Any]]) -> list[Any]:
    return [result.value for result in sorted(results, key=lambda result: result.index)]


# What comes in


def test_every_item_comes_back_once(collect: Collect, server: OllamaServer):
    results = collect((f"text {number}" for number in range(50)), ECHO, hosts=server.url)

    assert values(results) == [f"text {number}" for number in range(50)]
    assert sorted(rows_of(server)) == sorted(result.item for result in results)
    assert {result.host for result in results} == {server.url}
    assert all(result.ok and result.attempts == 1 and not result.restored for result in results)


def test_items_may_come_from_an_async_generator(collect: Collect, server: OllamaServer):
    async def items() -> AsyncIterator[str]:
        for number in range(20):
            await asyncio.sleep(0)
            yield str(number)

    assert values(collect(items(), ECHO, hosts=server.url)) == [str(number) for number in range(20)]


def test_no_items_are_no_results(collect: Collect, server: OllamaServer):
    assert collect([], ECHO, hosts=server.url) == []


@pytest.mark.parametrize("ordered", [True, False])
def test_results_come_in_order_when_they_are_to(collect: Collect, server: OllamaServer, ordered: bool):
    failing = {"2", "5"}
    server.reply(
        "POST",
        "/api/generate",
        lambda received: (
            refusal(503)
            if received.json["prompt"] in failing and not failing.discard(received.json["prompt"])
            else answer(received.path, [received.json["prompt"]], stream=False)
        ),
    )

    indexes = [result.index for result in collect(map(str, range(30)), ECHO, hosts=server.url, ordered=ordered)]

    assert sorted(indexes) == list(range(30))
    if ordered:
        assert indexes == list(range(30))


@pytest.mark.parametrize("items", ["text", b"text", {"a": 1}, 5, None])
def test_what_is_no_rows_is_refused(items: Any):
    with pytest.raises(RequestError, match="items must be"):
        batch.run(items, ECHO)
    with pytest.raises(RequestError, match="items must be"):
        batch.map(items, ECHO)


def test_a_table_of_pandas_is_refused_with_how_its_rows_are_given(collect: Collect, server: OllamaServer):
    table = pytest.importorskip("pandas").DataFrame({"text": ["a", "b"]})
    with pytest.raises(RequestError, match=r"DataFrame .* items\.to_dict\('records'\)"):
        batch.run(table, ECHO)
    rows = collect(table.to_dict("records"), {"model": "m", "prompt": "{text}"}, hosts=server.url, ordered=True)
    assert [row.value for row in rows] == ["a", "b"]


# Requests


def test_fields_of_an_item_are_filled_into_the_texts_of_a_request(collect: Collect, server: OllamaServer):
    work = {"model": "{size}", "prompt": '{text} in {count} words, as {"a": 1}', "system": "Be {{kind}}, {mood}."}
    item = {"text": "Say it", "count": 3, "mood": ["calm"], "size": "small", "other": None}

    assert only(collect([item], work, hosts=server.url)).value == 'Say it in 3 words, as {"a": 1}'
    request = server.requests[-1].json
    assert (request["model"], request["system"]) == ("small", 'Be {kind}, ["calm"].')


def test_a_result_is_shown_in_a_few_lines(collect: Collect, server: OllamaServer):
    result = only(collect(["x" * 100_000], ECHO, hosts=server.url))

    assert len(result.value) == 100_000
    assert repr(result).startswith("Result(id='0', index=0, value='xxx")
    assert len(repr(result)) < 1000


def test_numbers_of_numpy_and_dates_are_filled_in_as_a_reader_writes_them(collect: Collect, server: OllamaServer):
    numpy = pytest.importorskip("numpy")
    item = {"count": numpy.int64(3), "share": numpy.float64(0.5), "all": numpy.array([1, 2]), "day": date(2026, 1, 2)}

    result = only(
        collect([item], {"model": "m", "prompt": "{count} {share} {all} {day}"}, id="count", hosts=server.url)
    )

    assert (result.id, result.value) == ("3", "3 0.5 [1, 2] 2026-01-02")


class Review(NamedTuple):
    text: str


def test_items_may_be_rows_of_a_database_or_named_tuples(collect: Collect, server: OllamaServer):
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    items = [connection.execute("select 'a' as text").fetchone(), Review("b")]
    connection.close()

    results = collect(items, {"model": "m", "prompt": "{text}"}, id="text", hosts=server.url)

    assert sorted((result.id, result.value) for result in results) == [("a", "a"), ("b", "b")]


def test_a_chat_gives_its_text_and_its_response(collect: Collect, server: OllamaServer):
    work = {"model": "m", "messages": [{"role": "system", "content": "Hi"}, {"role": "user", "content": "{item}"}]}

    result = only(collect(["Hello"], work, hosts=server.url))

    assert result.value == "Hello" == result.response.message.content
    assert (result.prompt_tokens, result.tokens) == (7, 1)


@dataclass
class City:
    name: str
    inhabitants: int


def test_a_format_gives_the_parsed_object(collect: Collect, server: OllamaServer):
    work = {"model": "m", "prompt": "{item}", "format": City}

    result = only(collect(['{"name": "Oslo", "inhabitants": 700000}'], work, hosts=server.url))

    assert result.value == City("Oslo", 700000)


def test_a_schema_gives_the_decoded_object(collect: Collect, server: OllamaServer):
    work = {"model": "m", "prompt": "{item}", "format": {"type": "object"}}

    assert only(collect(['{"name": "Oslo"}'], work, hosts=server.url)).value == {"name": "Oslo"}


def test_an_answer_that_does_not_fit_its_format_is_asked_for_again(collect: Collect, server: OllamaServer):
    server.queue("POST", "/api/generate", answer("/api/generate", ["not JSON"], stream=False))

    result = only(collect(["[1]"], {**ECHO, "format": "json"}, hosts=server.url))

    assert (result.value, result.attempts) == ([1], 2)


def test_an_embedding_is_a_vector_or_a_list_of_them(collect: Collect, server: OllamaServer):
    one = only(collect(["four"], {"model": "m", "input": "{item}"}, hosts=server.url))
    two = only(collect(["x"], {"model": "m", "input": ["{item}", "two"]}, hosts=server.url))

    assert (one.value, one.prompt_tokens) == ([4.0, 0.5], 3)
    assert two.value == [[1.0, 0.5], [3.0, 0.5]]


def test_a_function_may_make_the_request(collect: Collect, server: OllamaServer):
    def work(number: int) -> dict[str, Any]:
        return {"model": "m", "prompt": str(number * 2), "options": {"seed": number}}

    assert values(collect([1, 2], work, hosts=server.url)) == ["2", "4"]


@pytest.mark.parametrize(
    ("work", "said"),
    [
        ({"prompt": "{item}"}, "names its model"),
        ({"model": "m"}, "has messages"),
        ({"model": "m", "prompt": "{item}", "input": "x"}, "prompt and input"),
        ({"model": "m", "prompt": "{item}", "stream": True}, "cannot stream"),
        ({"model": "m", "prompt": "always the same"}, r"write \{item\}"),
        ("{item}", "work must be"),
        (None, "work must be"),
    ],
)
def test_work_that_is_none_is_refused_at_once(work: Any, said: str):
    with pytest.raises(RequestError, match=said):
        batch.run(["a"], work)


@pytest.mark.parametrize(
    "settings",
    [
        {"deadline": 10**400},
        {"outage": "5"},
        {"concurrency": 0},
        {"total": -1},
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_at_once(settings: dict[str, Any]):
    with pytest.raises(RequestError, match=f"{next(iter(settings))} must be"):
        batch.run(["a"], {"model": "m", "prompt": "{item}"}, **settings)


@pytest.mark.parametrize("name", ["ordered", "if_missing", "job"])
def test_an_array_is_no_setting(name: str):
    array = pytest.importorskip("numpy").array([1, 2])
    with pytest.raises(RequestError, match=f"{name} must be"):
        batch.run(["a"], {"model": "m", "prompt": "{item}"}, **{name: array})


# Functions that make calls


def test_an_async_function_gets_a_client_and_the_item(collect: Collect, server: OllamaServer):
    async def work(client: AsyncOllama, item: str) -> dict[str, Any]:
        first = await client.generate("m", item)
        second = await client.generate("m", f"{first.response}!")
        return {"text": second.response}

    assert values(collect(["a", "b"], work, hosts=server.url)) == [{"text": "a!"}, {"text": "b!"}]


def test_a_response_that_a_function_returns_tells_its_tokens(collect: Collect, server: OllamaServer):
    async def work(client: AsyncOllama, item: str) -> Any:
        return await client.generate("m", item)

    result = only(collect(["a"], work, hosts=server.url))

    assert (result.value.response, result.prompt_tokens, result.tokens) == ("a", 7, 1)


class Summarise:
    async def __call__(self, client: AsyncOllama, item: str) -> str:
        return (await client.generate("m", item)).response or ""


def test_work_may_be_an_object_that_is_called(collect: Collect, server: OllamaServer):
    assert only(collect(["a"], Summarise(), hosts=server.url)).value == "a"


# What fails


def test_a_row_that_fails_is_a_result_and_ends_nothing(collect: Collect, server: OllamaServer):
    server.reply(
        "POST",
        "/api/generate",
        lambda received: (
            refusal(400, "too long") if "7" in received.json["prompt"] else answer(received.path, ["yes"], stream=False)
        ),
    )

    results = collect(map(str, range(10)), ECHO, hosts=server.url)

    failed = only([result for result in results if not result.ok])
    assert (failed.item, failed.value, failed.attempts, failed.host) == ("7", None, 1, server.url)
    assert isinstance(failed.error, ResponseError)
    assert failed.error.status_code == 400
    assert len(rows_of(server)) == 10


def test_a_field_that_a_row_lacks_is_told_and_nothing_is_sent(collect: Collect, server: OllamaServer):
    results = collect([{"text": "a"}, {"body": "b"}, "c"], {"model": "m", "prompt": "{text}"}, hosts=server.url)

    by_index = {result.index: result for result in results}
    assert by_index[0].value == "a"
    assert isinstance(by_index[1].error, RowError)
    assert "no field 'text'; it has body" in str(by_index[1].error)
    assert "no dict" in str(by_index[2].error)
    assert by_index[1].attempts == 0
    assert rows_of(server) == ["a"]


def test_a_wrong_argument_fails_its_row_without_a_request(collect: Collect, server: OllamaServer):
    result = only(collect(["a"], {**ECHO, "temprature": 1}, hosts=server.url))

    assert isinstance(result.error, RowError)
    assert "temprature" in str(result.error)
    assert rows_of(server) == []


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_what_a_function_raises_is_the_error_of_its_row(collect: Collect, server: OllamaServer, kind: str):
    def plain(item: str) -> dict[str, Any]:
        return {"model": "m", "prompt": {"a": "yes"}[item]}

    async def asynchronous(client: AsyncOllama, item: str) -> str:
        return {"a": "yes"}[item]

    results = collect(["a", "b"], plain if kind == "plain" else asynchronous, hosts=server.url)

    by_item = {result.item: result for result in results}
    assert by_item["a"].value == "yes"
    assert isinstance(by_item["b"].error, WorkError)
    assert isinstance(by_item["b"].error.__cause__, KeyError)
    assert by_item["b"].attempts == (0 if kind == "plain" else 1)


def test_a_function_that_cancels_itself_fails_its_row_alone(collect: Collect, server: OllamaServer):
    async def work(client: AsyncOllama, item: str) -> str:
        if item == "a":
            raise asyncio.CancelledError
        return item

    results = collect(["a", "b"], work, hosts=server.url)

    assert sorted((result.item, result.ok) for result in results) == [("a", False), ("b", True)]


@pytest.mark.parametrize("made", [None, "text", {"model": "m"}, {"prompt": "a"}])
def test_a_function_that_makes_no_request_fails_its_row(collect: Collect, server: OllamaServer, made: Any):
    assert isinstance(only(collect(["a"], lambda item: made, hosts=server.url)).error, RowError)


def test_a_plain_function_that_returns_a_coroutine_is_told_how_to_be_written(collect: Collect, server: OllamaServer):
    async def later() -> None: ...

    assert "async def work(client, item)" in str(only(collect(["a"], lambda item: later(), hosts=server.url)).error)


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_items_that_fail_to_come_end_the_run_after_what_was_begun(collect: Collect, server: OllamaServer, kind: str):
    def plain() -> Iterator[str]:
        yield from "abc"
        raise LookupError("the table is gone")

    async def asynchronous() -> AsyncIterator[str]:
        for item in plain():
            yield item

    with pytest.raises(LookupError, match="the table is gone"):
        collect(plain() if kind == "plain" else asynchronous(), ECHO, hosts=server.url)

    assert sorted(rows_of(server)) == ["a", "b", "c"]


def test_what_was_begun_before_items_failed_is_given(server: OllamaServer):
    def items() -> Iterator[str]:
        yield "a"
        raise LookupError

    rows = iter(batch.map(items(), ECHO, hosts=server.url))

    assert next(rows).value == "a"
    with pytest.raises(LookupError):
        next(rows)


# Odd items and odd answers


class Unreadable:
    """An item that fails when its fields are asked for."""

    def keys(self) -> list[str]:
        raise RuntimeError("no keys")


class Textless:
    """A value that has no text."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)
DEEP: Any = []
for _ in range(100_000):
    DEEP = [DEEP]
ODD = {"circle": {"item": CIRCLE}, "deep": {"item": DEEP}, "huge": {"item": 10**5000}, "textless": {"item": Textless()}}
ODD |= {"unreadable": Unreadable(), "huge id": {"item": "a", "id": 10**5000}}


@pytest.mark.parametrize("item", ODD.values(), ids=ODD)
def test_an_odd_item_fails_its_row_and_not_the_run(collect: Collect, server: OllamaServer, tmp_path: Path, item: Any):
    def id_of(item: Any) -> object:
        return item.get("id", "odd") if isinstance(item, dict) else "odd"

    odd, common = collect([item, {"id": "b", "item": "b"}], ECHO, hosts=server.url, id=id_of, ordered=True)

    assert isinstance(odd.error, RowError)
    assert common.value == "b"
    odd, common = collect([item, {"item": "b"}], ECHO, hosts=server.url, checkpoint=tmp_path / "c", ordered=True)
    assert (odd.ok, common.value) == (item in [ODD["huge id"]], "b")


@pytest.mark.parametrize("count", ["7", [1], {"a": 1}, 1.5, True, None])
def test_counts_that_are_no_numbers_count_as_none(collect: Collect, server: OllamaServer, count: Any):
    body = {"response": "x", "done": True, "eval_count": count, "prompt_eval_count": count}
    server.reply("POST", "/api/generate", Reply(Json(body)))

    (result,) = collect(["a"], ECHO, hosts=server.url)

    assert (result.value, result.tokens, result.prompt_tokens) == ("x", 0, 0)


class Odd(BaseException):
    """What tests and other event loops end a program with: an exception that is no Exception."""


@pytest.mark.parametrize("kind", ["plain", "async"])
@pytest.mark.parametrize("error", [Odd("odd"), GeneratorExit("odd")], ids=["odd", "exit"])
def test_items_that_end_with_what_is_no_exception_end_the_run_with_it(
    collect: Collect, server: OllamaServer, kind: str, error: BaseException
):
    def plain() -> Iterator[str]:
        yield "a"
        raise error

    async def awaited() -> AsyncIterator[str]:
        yield "a"
        raise error

    with pytest.raises(type(error), match="odd"):
        collect(plain() if kind == "plain" else awaited(), ECHO, hosts=server.url)


def test_an_iterator_that_raises_what_ends_async_ones_does_not_end_the_run(collect: Collect, server: OllamaServer):
    class Items:
        def __iter__(self) -> Any:
            return self

        def __next__(self) -> str:
            raise StopAsyncIteration

    with pytest.raises(RuntimeError, match="StopAsyncIteration"):
        collect(Items(), ECHO, hosts=server.url)


# Ids


def test_an_id_is_a_field_or_what_a_function_says(collect: Collect, server: OllamaServer):
    items = [{"key": 5}, {"key": "x"}]

    assert sorted(result.id for result in collect(items, {**ECHO, "prompt": "{key}"}, id="key", hosts=server.url)) == [
        "5",
        "x",
    ]
    assert only(collect(["a"], ECHO, id=str.upper, hosts=server.url)).id == "A"
    assert only(collect(["a"], ECHO, hosts=server.url)).id == "0"


@pytest.mark.parametrize("id", [["a"], None, True, 1.5, {"a": 1}])
def test_an_id_that_is_none_fails_its_row(collect: Collect, server: OllamaServer, id: Any):
    result = only(collect(["a"], ECHO, id=lambda item: id, hosts=server.url))

    assert "an id must be text or a whole number" in str(result.error)
    assert rows_of(server) == []


def test_the_second_row_with_an_id_fails(collect: Collect, server: OllamaServer):
    results = collect([{"id": 1}, {"id": "1"}], {**ECHO, "prompt": "{id}"}, id="id", hosts=server.url)

    assert [result.ok for result in sorted(results, key=lambda result: result.index)] == [True, False]
    assert "that of row 0, too" in str(results[0].error or results[1].error)
    assert rows_of(server) == ["1"]


def test_a_row_without_the_field_of_ids_fails(collect: Collect, server: OllamaServer):
    assert "no field 'key'" in str(only(collect(["a"], ECHO, id="key", hosts=server.url)).error)


def test_what_the_function_of_ids_raises_is_the_error_of_its_row(collect: Collect, server: OllamaServer):
    assert isinstance(only(collect(["a"], ECHO, id=lambda item: item.nothing, hosts=server.url)).error, WorkError)


# Settings


@pytest.mark.parametrize(
    "arguments",
    [
        {"concurrency": 0},
        {"concurrency": True},
        {"max_attempts": 0},
        {"deadline": 0},
        {"deadline": float("inf")},
        {"outage": -1},
        {"if_missing": "perhaps"},
        {"hosts": []},
        {"hosts": 5},
        {"hosts": [5]},
        {"hosts": ["a b"]},
        {"id": 5},
        {"total": -1},
        {"progress": "yes"},
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_before_the_run(arguments: dict[str, Any]):
    with pytest.raises(RequestError):
        batch.run(["a"], ECHO, **arguments)


def test_a_run_can_be_iterated_once(server: OllamaServer):
    rows = batch.map(["a"], ECHO, hosts=server.url)
    assert len(list(rows)) == 1

    with pytest.raises(RequestError, match="once"):
        iter(rows)


def test_no_more_is_read_than_is_needed(server: OllamaServer):
    read = []

    def items() -> Iterator[str]:
        for number in range(1000):
            read.append(number)
            yield str(number)

    async def main() -> int:
        async with batch.run(items(), ECHO, hosts=server.url, concurrency=2) as rows:
            async for _ in rows:
                return len(read)
        return 0

    assert asyncio.run(main()) <= 1 + 2 + 4  # given, worked at, waiting to be taken


@pytest.mark.skipif(not hasattr(asyncio, "eager_task_factory"), reason="Python 3.11 has no eager tasks")
def test_a_program_may_start_its_tasks_eagerly(server: OllamaServer):
    async def items() -> AsyncIterator[str]:
        for number in range(100):
            yield str(number)

    async def main() -> list[str]:
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined]  # of 3.12
        return [result.value async for result in batch.run(items(), ECHO, hosts=server.url, ordered=True)]

    assert asyncio.run(main()) == [str(number) for number in range(100)]


def test_embedded_images_and_tools_pass(collect: Collect, server: OllamaServer):
    def work(item: bytes) -> dict[str, Any]:
        return {"model": "m", "prompt": "What is it?", "images": [item]}

    def seen(received: Received) -> Reply:
        return Reply(Json({"response": received.json["images"][0], "done": True}))

    server.reply("POST", "/api/generate", seen)

    assert only(collect([b"\x89PNG"], work, hosts=server.url)).value == "iVBORw=="
