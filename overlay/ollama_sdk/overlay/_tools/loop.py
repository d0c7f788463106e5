"""The state of a conversation with tools, for the sync and async `run_tools`; no I/O.

loop = ToolLoop(messages, tools)
while True:
    response = client.chat(model, loop.messages, tools=loop.tools, format=loop.format)
    calls = loop.take(response)
    if loop.is_over:
        return loop.result(response)
    loop.give(run_calls(calls, group))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar

from ollama_sdk.generated.models.chat_response import ChatResponse
from ollama_sdk.generated.models.message import Message
from ollama_sdk.overlay import _json
from ollama_sdk.overlay._checks import as_list, check_whole_number, shown
from ollama_sdk.overlay._errors import RequestError, ToolRoundsError, one_line
from ollama_sdk.overlay._formats.formats import ParsedChatResponse
from ollama_sdk.overlay._tools.calls import PendingCall
from ollama_sdk.overlay._tools.definitions import FunctionTool
from ollama_sdk.overlay._tools.functions import read_tool
from ollama_sdk.overlay._tools.results import Result

if TYPE_CHECKING:
    from ollama_sdk.generated.models.tool import Tool
    from ollama_sdk.generated.models.tool_call import ToolCall
    from ollama_sdk.overlay._formats.formats import Format

T = TypeVar("T")
AnyMessage: TypeAlias = "Message | Mapping[str, Any]"


class ToolsResponse(ParsedChatResponse[T]):
    """The final response of `run_tools`.

    Attributes:
        messages: The whole conversation: the messages that were given, those of the model, thinking and calls
            included, the results of the tools, and the final one.
        parsed: The text as an object, when a `format` was given, else None.
    """

    __module__ = "ollama_sdk.overlay"

    __slots__ = ("messages",)
    messages: list[AnyMessage]


class ToolLoop(Generic[T]):
    """A conversation with tools.

    A server that gets tools and a format lets the format win, and the model could not call anything. So requests with
    tools have no format; when the model answers in words, it is asked once more, without tools, and that answer takes
    the place of the words.

    Args:
        messages: The conversation so far; it is copied.
        tools: Functions; tool dicts and Tool objects too, whose calls end the loop, for the caller to make.
        format: The format of the final answer. This and the others are those of `run_tools`.

    Attributes:
        messages: The conversation, to be sent next.
        tools: The tools to be sent next; none when the format is.
        format: The format to be sent next.
        is_over: Whether the last response that was taken is the final one.

    Raises:
        RequestError: An argument cannot be used.
    """

    def __init__(
        self,
        messages: Iterable[AnyMessage],
        tools: Iterable[Callable[..., Any] | Tool | Mapping[str, Any]],
        *,
        max_rounds: int = 10,
        max_calls: int = 32,
        on_tool_error: Literal["tell", "raise"] = "tell",
        format: Format[T] | None = None,
    ) -> None:
        self._left = self._max_rounds = check_whole_number("max_rounds", max_rounds, 1)
        self._max_calls = check_whole_number("max_calls", max_calls, 1)
        if not isinstance(on_tool_error, str) or on_tool_error not in ("tell", "raise"):
            raise RequestError(f"on_tool_error must be 'tell' or 'raise', not {shown(on_tool_error)}")
        self.messages: list[AnyMessage] = as_list("messages", messages)
        self.tools: list[Tool | Mapping[str, Any]] = []
        self._functions: dict[str, FunctionTool | None] = {}
        self._reports = on_tool_error == "tell"
        self._calls: list[PendingCall] = []
        for index, tool in enumerate(as_list("tools", tools)):
            name, sent, function = read_tool(tool, index)
            if name in self._functions:
                raise RequestError(
                    f"tools[{index}] has the name {name} of another tool; the model could not tell them apart"
                )
            self.tools.append(sent)
            self._functions[name] = function
        self._final_format = format
        self.format = None if self.tools else format
        self.is_over = False

    @property
    def is_formatted(self) -> bool:
        """Whether the next answer, unless it is calls, has the format of the final one, if there is a format."""
        return self.format is self._final_format

    def take(self, response: ChatResponse) -> list[PendingCall]:
        """Take a whole response and return the calls to make, whose results go to `give`; see `is_over`.

        Raises:
            ToolRoundsError: The limit of rounds, or of calls, is reached.
        """
        message = response.message or Message(role="assistant", content="")
        self._calls = []
        wanted = [call for call in message.tool_calls or () if call is not None]  # Ollama writes a nil call as null
        for call in wanted:
            _keep_as_text(call)
        if not wanted and not self.is_formatted:
            self.tools, self.format = [], self._final_format
            return []
        if message.role is None:  # of a server that leaves it out; it would not take the message back
            message.role = "assistant"
        self.messages.append(message)
        names = [_name(call) for call in wanted]
        if not names or any(name in self._functions and self._functions[name] is None for name in names):
            self.is_over = True  # only the caller can make the call of a tool that is no function
            return []
        if not self._left or len(names) > self._max_calls:
            asked = one_line(", ".join(names[:32]))
            reason = (
                f"{len(names)} calls at once ({asked}); raise max_calls="
                if self._left
                else f"more calls ({asked}) after {self._max_rounds} rounds; raise max_rounds="
            )
            raise ToolRoundsError(
                f"the model asks for {reason}, or go on from the error's messages",
                messages=self.messages,
                response=response,
            )
        self._left -= 1
        self._calls = [self._pending(name, call) for name, call in zip(names, wanted, strict=True)]
        return self._calls

    def _pending(self, name: str, call: ToolCall) -> PendingCall:
        tool = self._functions.get(name)
        known = ", ".join(self._functions) or "none"
        refusal = "" if tool else f"Error: there is no tool of the name {name!r}; there are: {known}"
        arguments = call.function.arguments if call.function else None
        return PendingCall(name, call.id, {} if arguments is None else arguments, tool, self._reports, refusal)

    def give(self, results: Sequence[Result]) -> list[Message]:
        """Take the results of the calls that `take` returned, in their order, and return the messages they become."""
        messages = []
        for call, result in zip(self._calls, results, strict=True):
            text, images = (result, None) if isinstance(result, str) else (result.content, result.images)
            message = Message(role="tool", content=text, images=images, tool_name=call.name, tool_call_id=call.id)
            messages.append(message)
        self.messages += messages
        self._calls = []
        return messages

    def result(self, response: ChatResponse) -> ToolsResponse[T]:
        """Return the last response with the conversation, and with `.parsed` when the answer has a format."""
        final: ToolsResponse[T] = ToolsResponse.of(response, self._final_format)
        object.__setattr__(final, "messages", self.messages)
        return final


def _name(call: ToolCall) -> str:
    return (call.function.name if call.function else None) or ""


def _keep_as_text(call: ToolCall) -> None:
    """Make text of arguments with a number that JSON does not have, such as NaN, as servers in Python may send it."""
    function: Any = call.function
    if function is not None:
        try:
            _json.dumps(function.arguments)
        except ValueError:
            function.arguments = str(function.arguments)
