"""The server: a listening socket, a thread per connection, and the choice of the answer to a request."""

from __future__ import annotations

import contextlib
import itertools
import os
import selectors
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from types import TracebackType
from typing import Self

from ollama_sdk.overlay.testing._access import Access
from ollama_sdk.overlay.testing._connection import ClientGoneError, Connection, ServerStoppingError
from ollama_sdk.overlay.testing._exchange import EndOfConnectionError, Exchange, Responder
from ollama_sdk.overlay.testing._faults import FAULTS
from ollama_sdk.overlay.testing._http import BadRequestError, HeaderSource, Received, read_request
from ollama_sdk.overlay.testing._recordings import Recording, Replayer, error_reply, load_recordings, not_found
from ollama_sdk.overlay.testing._script import Computed, Reply, Send, Step

_STOP_TIMEOUT = 10.0
_BODY_LIMIT = 64 * 1024 * 1024
_KEPT_REQUESTS = 100_000
_KEPT_BYTES = 512 * 1024 * 1024  # of their bodies
_KEPT_FAILURES = 1000

Answer = Step | Responder | Callable[[Received], Responder | Step]
"""An answer of a route: steps, a whole `Reply`, or a function that returns a reply, or a step, to a request."""


class OllamaServer:
    """An Ollama-compatible HTTP/1.1 server on a real socket, for tests.

    It runs in threads of its own, so it serves synchronous and asynchronous tests. A request is answered by the first
    of these that has an answer: the queue of its route (`queue`), the reply of its route (`reply`), the recordings, the
    `responder`, and the real server's answers to `/` and to unknown paths.

    Args:
        recordings: A folder or file of recordings, or `Recording` objects, to replay.
        pace: Whether to replay with the recorded times; otherwise everything is sent at once.
        responder: Answers requests without a scripted or recorded answer, such as the embedded model's API.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        ssl_context: Serve https with this context.
        body_limit: Maximum bytes of each request body to keep; the rest is counted and hashed.
        hosts: More names by which the server may be called, with `*` for any text, such as `["ollama.com"]`. As Ollama
            does, it answers 403 to a Host that is neither an address nor a name of this machine.
        origins: More origins whose pages may call it, as in `OLLAMA_ORIGINS`; others get 403 (CORS).

    Attributes:
        requests: Every request received so far, in order. The older half goes when there are more than 100,000, or
            when the bodies that were kept have more than 512 MiB.
        disconnects: The requests whose client disconnected before the last step of the answer was played.
        failures: The exceptions of the scripts themselves, such as TimeoutError for a gate that was not opened.
            Leaving the `with` block raises the first of them.

    Example:
        >>> from ollama_sdk.overlay.testing import Json, OllamaServer
        >>> with OllamaServer() as server:
        ...     server.reply("GET", "/api/version", Json({"version": "1.2.3"}))
        ...     server.url.startswith("http://127.0.0.1:")
        True
    """

    def __init__(
        self,
        recordings: str | os.PathLike[str] | Iterable[Recording] | None = None,
        *,
        pace: bool = False,
        responder: Responder | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        ssl_context: ssl.SSLContext | None = None,
        body_limit: int = _BODY_LIMIT,
        hosts: Iterable[str] = (),
        origins: Iterable[str] = (),
    ) -> None:
        if isinstance(recordings, str | os.PathLike):
            recordings = load_recordings(recordings)
        self.requests: list[Received] = []
        self.disconnects: list[Received] = []
        self.failures: list[Exception] = []
        self._replayer = Replayer(recordings or (), pace=pace)
        self._responder = responder
        self._host, self._port, self._tls, self._body_limit = host, port, ssl_context, body_limit
        self._access = Access(hosts, origins)
        self._standing: dict[tuple[str, str], Responder] = {}
        self._queued: dict[tuple[str, str], deque[Responder]] = {}
        self._cuts: dict[tuple[str, str], deque[int]] = {}
        self._connections: dict[Connection, threading.Thread] = {}
        self._connection_ids = itertools.count(1)
        self._kept_bytes = 0
        self._changed = threading.Condition()
        self._listener: socket.socket | None = None
        self._stopper: socket.socket | None = None  # closing it ends the thread that accepts connections
        self._acceptor: threading.Thread | None = None
        self._address: tuple[str, int] | None = None

    @property
    def url(self) -> str:
        """The base URL, for example `http://127.0.0.1:49152`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'http' if self._tls is None else 'https'}://{host}:{self.port}"

    @property
    def host(self) -> str:
        """The address the server listens on."""
        return self._bound()[0]

    @property
    def port(self) -> int:
        """The port the server listens on."""
        return self._bound()[1]

    @property
    def open_connections(self) -> int:
        """How many client connections are open."""
        with self._changed:
            return len(self._connections)

    def start(self) -> Self:
        """Listen and answer until `stop`; return the server itself."""
        if self._listener is not None:
            raise RuntimeError("the server is already running")
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.create_server((self._host, self._port), family=family, backlog=1024)
        listener.setblocking(False)
        self._address = listener.getsockname()[:2]
        stopped, self._stopper = socket.socketpair()
        self._listener = listener
        arguments = (listener, stopped)
        self._acceptor = threading.Thread(target=self._accept, args=arguments, name="ollama-server", daemon=True)
        self._acceptor.start()
        return self

    def stop(self) -> None:
        """Close all connections and end all threads, whatever clients do; do nothing when not running."""
        listener, acceptor, stopper = self._listener, self._acceptor, self._stopper
        if listener is None or acceptor is None or stopper is None:
            return
        self._listener = None
        stopper.close()
        acceptor.join()
        listener.close()
        with self._changed:
            connections = dict(self._connections)
        for connection in connections:
            connection.interrupt()
        for thread in connections.values():
            thread.join(_STOP_TIMEOUT)
            if thread.is_alive():
                raise RuntimeError(f"an answer did not end within {_STOP_TIMEOUT} seconds ({thread.name})")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        if error is None and self.failures:
            raise self.failures[0]

    def reply(
        self, method: str, path: str, *answer: Answer, status: int = 200, headers: HeaderSource | None = None
    ) -> None:
        """Answer every request of a route with this.

        Args:
            method: The method; `*` matches any.
            path: The path; `*` matches any number of characters, so `"/api/blobs/*"` is every blob.
            *answer: Steps; or one `Reply`; or one function that gets the `Received` request and returns a `Reply`.
            status: The HTTP status when steps are given.
            headers: More headers when steps are given.
        """
        with self._changed:
            self._standing.pop((method, path), None)  # So that it becomes the last one.
            self._standing[method, path] = _responder_of(answer, status, headers)

    def queue(
        self, method: str, path: str, *answer: Answer, status: int = 200, headers: HeaderSource | None = None
    ) -> None:
        """Answer the next request of a route with this, once; queued answers come in order, and before `reply`.

        The arguments are those of `reply`.
        """
        with self._changed:
            self._queued.setdefault((method, path), deque()).append(_responder_of(answer, status, headers))

    def interrupt(self, method: str, path: str, *, after: int) -> None:
        """Close the connection in the middle of the next request of a route, once; `requests` will not have it.

        Args:
            method: As for `reply`.
            path: As for `reply`.
            after: About how many bytes of the request's body are read before; it must have more.
        """
        with self._changed:
            self._cuts.setdefault((method, path), deque()).append(after)

    def fault(self, method: str, path: str, name: str) -> None:
        """Let every request of a route fail in one of the ways of `FAULTS`.

        Args:
            method: As for `reply`.
            path: As for `reply`.
            name: The name of the fault, such as "cut_mid_line".

        Raises:
            KeyError: There is no fault of this name.
        """
        if name not in FAULTS:
            raise KeyError(f"there is no fault {name!r}; there are {', '.join(FAULTS)}")
        fault = FAULTS[name]
        self.reply(method, path, fault.reply(path))
        for other, reply in fault.elsewhere(path).items():
            self.reply("*", other, reply)

    def clear(self) -> None:
        """Remove the answers, the requests, the disconnects and the failures; connections stay open."""
        with self._changed:
            self._standing.clear()
            self._queued.clear()
            self._cuts.clear()
            self.requests.clear()
            self.disconnects.clear()
            self.failures.clear()

    def wait_for_requests(self, count: int = 1, timeout: float = 10.0) -> bool:
        """Wait up to `timeout` seconds until `count` requests have been received; True when they have."""
        return self._wait(lambda: len(self.requests) >= count, timeout)

    def wait_for_disconnect(self, timeout: float = 10.0, count: int = 1) -> bool:
        """Wait up to `timeout` seconds until `count` clients have disconnected during an answer; True if so."""
        return self._wait(lambda: len(self.disconnects) >= count, timeout)

    def wait_for_connections(self, count: int, timeout: float = 10.0) -> bool:
        """Wait up to `timeout` seconds until exactly `count` connections are open; True when they are."""
        return self._wait(lambda: len(self._connections) == count, timeout)

    def _wait(self, condition: Callable[[], bool], timeout: float) -> bool:
        with self._changed:
            return self._changed.wait_for(condition, timeout)

    def _bound(self) -> tuple[str, int]:
        if self._address is None:
            raise RuntimeError("the server has not been started: use `with OllamaServer() as server:` or start()")
        return self._address

    def _accept(self, listener: socket.socket, stopped: socket.socket) -> None:
        with stopped, selectors.DefaultSelector() as selector:
            selector.register(listener, selectors.EVENT_READ)
            selector.register(stopped, selectors.EVENT_READ)
            while all(key.fileobj is listener for key, _ in selector.select()):
                try:
                    sock = listener.accept()[0]
                    try:
                        self._add_connection(sock)
                    except BaseException:
                        sock.close()
                        raise
                except (OSError, RuntimeError):
                    # The client has disconnected, or there are no free descriptors or threads; this loop would spin.
                    time.sleep(0.01)

    def _add_connection(self, sock: socket.socket) -> None:
        connection = Connection(sock, self._tls)
        number = next(self._connection_ids)
        thread = threading.Thread(
            target=self._serve, args=(connection, number), name=f"ollama-server connection {number}", daemon=True
        )
        with self._changed:
            thread.start()  # before it is among the connections, as there may be no more threads
            self._connections[connection] = thread
            self._changed.notify_all()

    def _serve(self, connection: Connection, number: int) -> None:
        graceful = False
        try:
            connection.handshake()
            while True:
                received = read_request(
                    connection, body_limit=self._body_limit, connection_id=number, cut_after=self._cut_after
                )
                if received is None:
                    break
                self._keep(received)
                if not self._answer(Exchange(connection, received, self._access.headers(received))):
                    break
            graceful = True
        except BadRequestError as error:
            with contextlib.suppress(ClientGoneError, ServerStoppingError):
                exchange = Exchange(connection, Received(method="", path=""))
                exchange.keep_alive = False
                Reply(Send(str(error).encode()), status=error.status).respond(exchange)
        except (ClientGoneError, ServerStoppingError, EndOfConnectionError):
            pass
        except Exception as error:
            self._fail(error)
        finally:
            connection.close(graceful=graceful)
            with self._changed:
                del self._connections[connection]
                self._changed.notify_all()

    def _keep(self, received: Received) -> None:
        with self._changed:
            self.requests.append(received)
            self._kept_bytes += len(received.body)
            while len(self.requests) > _KEPT_REQUESTS or (self._kept_bytes > _KEPT_BYTES and len(self.requests) > 1):
                del self.requests[: len(self.requests) // 2], self.disconnects[: len(self.disconnects) // 2]
                self._kept_bytes = sum(len(kept.body) for kept in self.requests)
            self._changed.notify_all()

    def _fail(self, error: Exception) -> None:
        with self._changed:
            if len(self.failures) < _KEPT_FAILURES:
                self.failures.append(error)

    def _cut_after(self, method: str, path: str) -> int | None:
        with self._changed:
            for (wanted, pattern), cuts in self._cuts.items():
                if cuts and fnmatchcase(method, wanted) and fnmatchcase(path, pattern):
                    return cuts.popleft()
        return None

    def _answer(self, exchange: Exchange) -> bool:
        """Answer one request; return whether the connection may carry another one."""
        try:
            self._find(exchange.received).respond(exchange)
        except ClientGoneError:
            with self._changed:
                self.disconnects.append(exchange.received)
                self._changed.notify_all()
            raise
        except (ServerStoppingError, EndOfConnectionError):
            raise
        except Exception as error:  # A mistake of the script: it is reported to the test, not on standard error.
            self._fail(error)
            if exchange.started:
                exchange.cut()
            exchange.keep_alive = False
            error_reply(500, f"the test server failed: {error!r}").respond(exchange)
        # A client that disconnects from here on has got its whole answer, so it is not one of `disconnects`.
        exchange.finish()
        return exchange.keep_alive

    def _find(self, received: Received) -> Responder:
        refusal = self._access.refusal(received)
        if refusal is not None:
            return refusal
        with self._changed:
            for (method, path), queue in self._queued.items():
                if queue and fnmatchcase(received.method, method) and fnmatchcase(received.path, path):
                    return queue.popleft()
            # The last matching reply counts, so that a test can override what its fixture has set.
            for (method, path), standing in reversed(self._standing.items()):
                if fnmatchcase(received.method, method) and fnmatchcase(received.path, path):
                    return standing
        recorded = self._replayer.find(received)
        if recorded is not None:
            return recorded
        if self._responder is not None:
            return self._responder
        if received.path == "/" and received.method in ("GET", "HEAD"):
            return Reply(Send(b"Ollama is running"), headers={"Content-Type": "text/plain; charset=utf-8"})
        return not_found()


def _responder_of(answer: tuple[Answer, ...], status: int, headers: HeaderSource | None) -> Responder:
    if len(answer) == 1 and not isinstance(answer[0], Step):
        if status != 200 or headers is not None:
            raise TypeError("status= and headers= belong to steps; a Reply or a function brings its own")
        whole = answer[0]
        if isinstance(whole, Responder):
            return whole
        if not callable(whole):
            given = type(whole).__name__
            raise TypeError(f"give steps, a Reply or a function, not {given}; a body of JSON is given as Json")
        return Computed(whole)
    steps = [step for step in answer if isinstance(step, Step)]
    if len(steps) != len(answer):
        raise TypeError("give steps, or one Reply, or one function; they cannot be mixed")
    return Reply(*steps, status=status, headers=headers)
