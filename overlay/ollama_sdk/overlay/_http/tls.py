"""TLS without I/O, for blocking and asyncio connections alike.

The TLS of blocking sockets and that of asyncio lose what a server had answered before a write to it failed, and differ
in what they take for the end of a body.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from ollama_sdk.overlay._http.response_parser import ResponseParser

_RECORD: Final = 16384  # bytes that a TLS record has at most


class Tls:
    """The TLS of one connection.

    Attributes:
        object: The object of Python's ssl module, for its certificates and versions.
    """

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        """Get ready for the handshake; the certificate must be for `host`."""
        self._received, self._to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.object = context.wrap_bio(self._received, self._to_send, server_hostname=host)
        self._read = cast("Callable[[int, memoryview], int]", self.object.read)  # typeshed: only into a bytearray
        self._view = memoryview(bytearray(_RECORD))

    def shake_hands(self, received: bytes | memoryview | None) -> bool:
        """Continue the handshake, after bytes from the server (empty: its end), and return whether it is complete.

        Raises:
            ssl.SSLError: It has failed; what `to_send` returns then tells the server.
        """
        try:
            if received is not None:
                self._take(received)
            self.object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def to_send(self) -> bytes:
        """Return the bytes that have to be sent to the server, if any."""
        return self._to_send.read()

    def encrypt(self, data: bytes | memoryview) -> bytes:
        """Return data encrypted, as it is sent."""
        if data:
            self.object.write(data)
        return self._to_send.read()

    def receive(self, received: bytes | memoryview, parser: ResponseParser | None) -> None:
        """Feed a parser with what bytes from the server (empty: its end) say.

        Raises:
            ssl.SSLError: They are not what the server can have sent, or there is no parser for them.
        """
        self._take(received)
        try:
            while count := self._read(_RECORD, self._view):
                if parser is None:
                    raise ssl.SSLError("the server has sent what nobody had asked for")
                parser.feed(self._view[:count])
        except ssl.SSLWantReadError:
            return
        except ssl.SSLEOFError:
            if parser is not None and parser.head_complete:
                parser.cut()
        if parser is not None:
            parser.end_of_file()

    def _take(self, received: bytes | memoryview) -> None:
        if received:
            self._received.write(received)
        else:
            self._received.write_eof()
