"""The sender of `AsyncOllama`, through which every request passes: attempts, redirects, hooks, errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from ollama_sdk.generated.types import Model
from ollama_sdk.overlay import _httpx as httpx
from ollama_sdk.overlay._answers._async.streams import AsyncStream
from ollama_sdk.overlay._answers.answers import explain
from ollama_sdk.overlay._answers.reading import Reading
from ollama_sdk.overlay._calls import cancel as _cancel
from ollama_sdk.overlay._calls import log as _log
from ollama_sdk.overlay._calls.calls import Call, Calls
from ollama_sdk.overlay._sending.attempts import Attempts
from ollama_sdk.overlay._sending.base import BaseSender
from ollama_sdk.overlay._sending.failures import failure_of
from ollama_sdk.overlay._sending.hooks import Hook, finish_async
from ollama_sdk.overlay._sending.loading import load_async
from ollama_sdk.overlay._sending.request import Request

if TYPE_CHECKING:
    from ollama_sdk.overlay._sending._async.routes import AsyncRoute
    from ollama_sdk.overlay._sending.environment import Proxy

M = TypeVar("M", bound=Model)
T = TypeVar("T")
StreamT = TypeVar("StreamT", bound=AsyncStream[Any])


class AsyncSender(BaseSender["AsyncRoute"]):
    """Sends the requests of an `AsyncOllama`."""

    def _make_route(self, is_secure: bool, proxy: Proxy | None) -> AsyncRoute:
        from ollama_sdk.overlay._sending._async.routes import make_route

        return make_route(self._http_client, self._transport, is_secure, proxy, self.limits)

    async def call(self, request: Request[M], calls: Calls | None = None) -> M:
        """Send, and return the model of the whole answer; see `send` for the arguments."""
        return await self._whole(request, calls, request.answer)

    async def stream(
        self, request: Request[M], kind: Callable[[Reading[M]], StreamT], calls: Calls | None = None
    ) -> StreamT:
        """Send, and return a stream once the status is known to be a success; see `send` for `calls`."""
        calls = self.calls if calls is None else calls
        call = calls.start(request.deadline)
        try:
            request = self._observed(request, call, calls)
            response = await self._open(request, call)
            stream = kind(self._reading(request, response, call, calls))
            if call.observation is not None:
                call.observation.handed_over()
            return stream
        except BaseException as error:
            self._failed(request, call, calls, error)
            raise

    async def send(self, request: Request[Any], calls: Calls | None = None) -> httpx.Response:
        """Send, and return the answer with its body, as one of `calls`; by default those of the client."""
        return await self._whole(request, calls, lambda response: response)

    async def _whole(self, request: Request[Any], calls: Calls | None, read: Callable[[httpx.Response], T]) -> T:
        calls = self.calls if calls is None else calls
        call = calls.start(request.deadline)
        try:
            request = self._observed(request, call, calls)
            response = await self._open(request, call)
            await self._read(request, response, call)
            answer = read(response)
            call.observe_end(answer)
            return answer
        except BaseException as error:
            self._failed(request, call, calls, error)
            raise
        finally:
            calls.end(call)
            call.set_interrupt(None)  # what ends a wait may refer to the response

    async def close(self) -> None:
        """Abort all calls in flight and close the connections, but not those of an injected httpx client."""
        self.is_closed = True
        self.calls.abort()
        for route in list(self._routes.values()):
            await route.aclose()

    async def _open(self, request: Request[Any], call: Call) -> httpx.Response:
        """Send until there is an answer that is a success; its body is still to be read."""
        if not self._routes:  # nothing was sent yet
            await load_async(self._host, injected=self.is_injected)
        attempts = Attempts(request)
        hooks = request.options.hooks
        while True:
            request = attempts.request
            if call.aborted:
                raise call.error(request.where)
            route = self.route(request)
            http_request = route.build(request, call)
            if attempts.fresh:
                http_request.extensions["fresh"] = True
            if hooks.request:
                await _call_hooks(hooks.request, http_request, request.where, call)
            started = _log.sending(request.where, attempts.number)
            try:
                response = await route.send(request, http_request, call)
            except Exception as error:
                if not call.aborted and attempts.is_stale(http_request, error):
                    continue
                wait = None if call.aborted else attempts.wait_after(error, http_request)
                if wait is None:
                    raise failure_of(error, request, call, http_request, route.proxy)  # noqa: B904  # it has its cause
            else:
                if call.aborted:
                    await response.aclose()
                    raise call.error(request.where)
                _log.answered(request.where, attempts.number, response.status_code, started)
                if hooks.response:
                    await _call_hooks(hooks.response, response, request.where, call)
                if response.is_success or attempts.has_deleted(response):
                    return response
                if attempts.is_stale(http_request, response) or attempts.follow(response):
                    await response.aclose()
                    call.set_interrupt(None)
                    continue
                wait = attempts.wait_after(response, http_request)
                if wait is None:
                    await self._read(request, response, call)
                    raise request.source(response).error(response.content)
                await response.aclose()
            await _cancel.sleep_async(call, wait)

    async def _read(self, request: Request[Any], response: httpx.Response, call: Call) -> None:
        try:
            await response.aread()
        except Exception as error:
            raise explain(  # noqa: B904  # it has its cause
                error, where=request.where, call=call, request=response.request, source=request.source(response)
            )
        if call.aborted:
            raise call.error(request.where)


async def _call_hooks(hooks: Iterable[Hook], argument: httpx.Request | httpx.Response, where: str, call: Call) -> None:
    """Call hooks with a request or a response. What they raise closes the response first.

    It is mostly raised as it is, but a hook may have met the end of the connection, or of the call.
    """
    try:
        for hook in hooks:
            await finish_async(hook(argument), call)
    except BaseException as error:
        if isinstance(argument, httpx.Response):
            await argument.aclose()
        if isinstance(error, httpx.HTTPError) and (isinstance(argument, httpx.Response) or call.aborted):
            raise explain(error, where=where, call=call, request=None)  # noqa: B904  # it has its cause
        raise
