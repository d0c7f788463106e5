"""Which request is given which connection: the rules of a pool, without sockets."""

from __future__ import annotations

import httpx
import pytest

from ollama_sdk.overlay._http.pool import BaseConnection, BaseExchange, BasePool, Origin

HERE = Origin(b"http", b"here", 80)
THERE = Origin(b"https", b"there", 443)


class Connection(BaseConnection["Request"]):
    readable = False

    def is_readable(self) -> bool:
        return self.readable


class Request(BaseExchange[Connection]):
    def notify(self) -> None:
        """It does not wait."""


class Pool(BasePool[Connection, Request]):
    def create_connection(self, origin: Origin) -> Connection:
        return Connection(origin)

    def ask(self, *origins: Origin) -> list[Request]:
        requests = [Request(origin) for origin in origins]
        for request in requests:
            self.enter(request)
        return requests

    def answer(self, request: Request, *, seconds: float | None = None) -> Connection:
        connection = request.connection
        assert connection is not None
        self.leave_queue(request)
        self._keepalive_expiry = seconds
        self.keep(connection)
        return connection


def pool(most: int | None = None, most_idle: int | None = None) -> Pool:
    return Pool(httpx.Limits(max_connections=most, max_keepalive_connections=most_idle))


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://a", (b"http", b"a", 80)),
        ("https://a/b?c", (b"https", b"a", 443)),
        ("https://a:443", (b"https", b"a", 443)),
        ("http://[::1]:11434", (b"http", b"::1", 11434)),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: tuple[bytes, bytes, int]) -> None:
    assert Origin.of(httpx.URL(url)) == origin


@pytest.mark.parametrize("url", ["ftp://a", "/path", "ws://a"])
def test_a_url_of_another_scheme_has_no_origin(url: str) -> None:
    with pytest.raises(httpx.UnsupportedProtocol):
        Origin.of(httpx.URL(url))


def test_each_of_several_requests_is_given_a_connection_of_its_own() -> None:
    some = pool()
    first, second = some.ask(HERE, HERE)
    assert some.assign() == []
    assert list(some.connections) == [first.connection, second.connection]
    assert first.connection is not second.connection


def test_an_idle_connection_is_given_to_a_request_for_its_origin_only() -> None:
    some = pool()
    (first,) = some.ask(HERE)
    some.assign()
    kept = some.answer(first)
    there, here = some.ask(THERE, HERE)
    assert some.assign() == []
    assert here.connection is kept
    assert there.connection is not kept
    assert len(some.connections) == 2


def test_a_full_pool_gives_its_connections_in_the_order_of_the_requests() -> None:
    some = pool(most=1)
    first, second, third = some.ask(HERE, HERE, HERE)
    some.assign()
    assert (second.connection, third.connection) == (None, None)
    connection = some.answer(first)
    assert some.assign() == []
    assert second.connection is connection
    assert third.connection is None


def test_an_idle_connection_of_a_full_pool_makes_room_for_another_origin() -> None:
    some = pool(most=1)
    (first,) = some.ask(HERE)
    some.assign()
    idle = some.answer(first)
    (second,) = some.ask(THERE)
    assert some.assign() == [idle]
    assert second.connection is not None
    assert list(some.connections) == [second.connection]


@pytest.mark.parametrize("state", ["closed", "readable", "expired"])
def test_a_connection_of_no_further_use_leaves_the_pool(state: str) -> None:
    some = pool(most=1)
    (first,) = some.ask(HERE)
    some.assign()
    old = some.answer(first, seconds=-1.0 if state == "expired" else None)
    old.closed, old.readable = state == "closed", state == "readable"
    (second,) = some.ask(HERE)
    assert some.assign() == [old]
    assert second.connection not in (old, None)


def test_a_connection_that_is_retired_leaves_the_pool() -> None:
    some = pool()
    (first,) = some.ask(HERE)
    some.assign()
    assert first.connection is not None
    some.retire(first.connection)
    assert some.assign() == [first.connection]
    assert not some.connections


def test_of_the_idle_connections_the_newest_is_taken_and_no_other_is_looked_at() -> None:
    some = pool(most=3)
    requests = some.ask(HERE, HERE, HERE)
    some.assign()
    oldest, *_, newest = [some.answer(request) for request in requests]
    oldest.readable = True
    (next_one,) = some.ask(HERE)
    assert some.assign() == []
    assert next_one.connection is newest


def test_the_oldest_idle_connection_expires_or_makes_room_first() -> None:
    some = pool(most=3)
    requests = some.ask(HERE, HERE, HERE)
    some.assign()
    idle = [some.answer(requests[0], seconds=-1.0), *(some.answer(request) for request in requests[1:])]
    (there,) = some.ask(THERE)
    assert some.assign() == idle[:1]
    assert there.connection is not None
    some.ask(THERE)
    assert some.assign() == idle[1:2]


def test_no_more_connections_are_kept_idle_than_the_limit_says() -> None:
    some = pool(most_idle=1)
    requests = some.ask(HERE, HERE, HERE)
    some.assign()
    idle = [some.answer(request) for request in requests[:2]]
    assert some.assign() == idle[:1]
    assert list(some.connections) == [idle[1], requests[2].connection]


def test_connections_in_use_do_not_count_as_idle() -> None:
    # In httpcore 1.0 they do, so that a busy pool keeps none.
    some = pool(most_idle=1)
    requests = some.ask(HERE, HERE, HERE)
    some.assign()
    some.answer(requests[0])
    assert some.assign() == []
    assert len(some.connections) == 3


def test_a_pool_that_may_keep_none_closes_every_idle_connection() -> None:
    some = pool(most_idle=0)
    (first,) = some.ask(HERE)
    some.assign()
    idle = some.answer(first)
    assert some.assign() == [idle]
    assert not some.connections
