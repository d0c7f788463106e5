"""Which callables can be tools, and what their docstrings say."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import pydantic
import pytest
import typing_extensions

from ollama_sdk.overlay import RequestError
from ollama_sdk.overlay._tools.functions import describe, tool_definitions

if TYPE_CHECKING:
    from decimal import Decimal


def definition(function: Any) -> dict[str, Any]:
    """What is sent of a function."""
    return describe(function).definition()


def google(city: str, days: int = 1) -> str:
    """Tell the weather.

    Only for cities.

    Args:
        city (str): The city,
            with its country.
        days: How many days.

    Returns:
        The weather.
    """
    return city * days


def numpy(city, days):
    """Tell the weather.

    Only for cities.

    Parameters
    ----------
    city : str
        The city,
        with its country.
    days : int
        How many days.

    Returns
    -------
    str
        The weather.
    """


def rest(city, days):
    """Tell the weather.

    Only for cities.

    :param str city: The city,
        with its country.
    :param days: How many days.
    :returns: The weather.
    """


@pytest.mark.parametrize("function", [google, numpy, rest])
def test_a_docstring_describes_function_and_parameters(function: Any):
    told = definition(function)["function"]
    assert told["description"] == "Tell the weather.\n\nOnly for cities."
    properties = told["parameters"]["properties"]
    assert properties["city"]["description"].split() == ["The", "city,", "with", "its", "country."]
    assert properties["days"]["description"] == "How many days."


def test_a_docstring_may_begin_with_its_parameters():
    def tool(city: str, days: int):
        """
        Args:
            city: The city.
            days: How many days.
        """

    told = definition(tool)["function"]
    assert "description" not in told
    assert {name: schema["description"] for name, schema in told["parameters"]["properties"].items()} == {
        "city": "The city.",
        "days": "How many days.",
    }


def test_one_entry_of_numpy_style_describes_several_parameters():
    def tool(x: int, y: int):
        """Add.

        Parameters
        ----------
        x, y : int
            A number.
        """

    properties = definition(tool)["function"]["parameters"]["properties"]
    assert [schema["description"] for schema in properties.values()] == ["A number.", "A number."]


def description_of_msgspec() -> object:
    return pytest.importorskip("msgspec", reason="pydantic does not read its Meta").Meta(description="A number.")


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param(lambda: "A number.", id="text"),
        pytest.param(description_of_msgspec, id="msgspec"),
        pytest.param(lambda: pydantic.Field(description="A number."), id="pydantic"),
        pytest.param(lambda: typing_extensions.Doc("A number."), id="Doc"),
    ],
)
def test_annotated_describes_a_parameter_before_the_docstring_does(extra: Callable[[], object]):
    def tool(x):
        """Add.

        Args:
            x: Something else.
        """

    tool.__annotations__ = {"x": Annotated[int, extra()]}
    schema = definition(tool)["function"]["parameters"]["properties"]["x"]
    assert schema == {"type": "integer", "description": "A number."}


def test_a_docstring_in_no_style_is_the_description():
    def tool():
        """:param"""

    assert definition(tool)["function"]["description"] == ":param"


class Weather:
    """Knows the weather."""

    def __init__(self, unit: str) -> None:
        self.unit = unit

    def of(self, city: str) -> str:
        """Tell the weather."""
        return f"{city}: 20 {self.unit}"

    @classmethod
    def kind(cls, name: str) -> str:
        return f"{cls.__name__} {name}"

    @staticmethod
    def add(a: int, b: int) -> int:
        return a + b

    def __call__(self, city: str) -> str:
        return self.of(city)


def test_a_bound_method_is_a_tool_without_self():
    tool = definition(Weather("C").of)["function"]
    assert (tool["name"], tool["description"]) == ("of", "Tell the weather.")
    assert list(tool["parameters"]["properties"]) == ["city"]
    assert describe(Weather("C").of).bind({"city": "Oslo"})() == "Oslo: 20 C"


def test_class_methods_and_static_methods_are_tools():
    assert describe(Weather.kind).bind({"name": "x"})() == "Weather x"
    assert describe(Weather.add).bind({"a": 1, "b": 2})() == 3


def test_an_object_that_can_be_called_is_a_tool_with_the_name_of_its_class():
    tool = definition(Weather("C"))["function"]
    assert (tool["name"], tool["description"]) == ("Weather", "Knows the weather.")
    assert list(tool["parameters"]["properties"]) == ["city"]
    assert describe(Weather("F")).bind({"city": "Oslo"})() == "Oslo: 20 F"


def test_a_class_is_a_tool_that_makes_an_object():
    @dataclass
    class Point:
        x: int
        y: int = 0

    assert definition(Point)["function"]["parameters"]["required"] == ["x"]
    assert describe(Point).bind({"x": "3"})() == Point(3)


def test_a_partial_hides_what_it_gives():
    def tool(client: object, city: str, unit: str) -> tuple[str, str]:
        """Tell the weather."""
        return city, unit

    bound = functools.partial(tool, object(), unit="C")
    told = definition(bound)["function"]
    assert (told["name"], told["description"]) == ("tool", "Tell the weather.")
    assert list(told["parameters"]["properties"]) == ["city"]
    assert describe(bound).bind({"city": "Oslo"})() == ("Oslo", "C")


def test_a_decorated_function_is_described_as_the_one_inside():
    @functools.lru_cache
    def tool(city: str) -> str:
        """Tell the weather."""
        return city

    assert definition(tool)["function"]["description"] == "Tell the weather."
    assert describe(tool).bind({"city": "Oslo"})() == "Oslo"


def test_an_async_function_is_described_like_any():
    async def tool(city: str) -> str:
        return city

    assert definition(tool)["function"]["parameters"]["required"] == ["city"]


def hidden_by_decorator() -> Callable[..., Any]:
    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return call

    return decorated(google)


def any_number(*cities: str) -> str:
    return " ".join(cities)


def any_name(city: str, **more: int) -> str:
    return city


@pytest.mark.parametrize(
    ("function", "parameter"),
    [(any_number, r"\*cities"), (any_name, r"\*\*more"), (hidden_by_decorator(), r"\*args.*functools.wraps")],
)
def test_parameters_that_a_model_could_not_name_are_refused(function: Callable[..., Any], parameter: str):
    with pytest.raises(RequestError, match=f"the function .* cannot be a tool: .*{parameter}"):
        definition(function)


def test_a_return_type_that_only_checkers_see_does_no_harm():
    def tool(city: str) -> Decimal: ...

    assert definition(tool)["function"]["parameters"]["required"] == ["city"]


def test_a_type_that_only_checkers_see_is_told_with_function_and_parameter():
    def tool(price: Decimal): ...

    with pytest.raises(RequestError, match=r"function tool .* parameter price .*'Decimal'"):
        definition(tool)


def test_a_local_type_of_an_enclosing_function_is_found_when_it_is_used():
    @dataclass
    class Local:
        x: int

    def tool(it: Local) -> bool:
        return isinstance(it, Local)

    assert describe(tool).bind({"it": {"x": 1}})() is True


def test_a_local_type_of_a_running_function_is_found_when_nothing_but_the_annotation_names_it():
    @dataclass
    class Local:
        x: int

    def tool(it: Local, more: list[Local]) -> str:
        return type(it).__qualname__

    class Agency:
        def book(self, it: Local) -> str:
            return type(it).__qualname__

    for function in (tool, Agency().book):
        assert definition(function)["function"]["parameters"]["properties"]["it"]["required"] == ["x"]
    assert describe(tool).bind({"it": {"x": 1}, "more": []})().endswith("<locals>.Local")


def test_a_local_type_is_found_from_within_a_coroutine():
    async def ask() -> Any:
        class Local(Enum):
            A = "a"

        def tool(it: Local): ...

        return await describe_later(tool)

    async def describe_later(tool: Callable[..., object]) -> Any:
        return definition(tool)["function"]["parameters"]["properties"]["it"]

    assert asyncio.run(ask()) == {"type": "string", "enum": ["a"]}


def test_a_function_may_use_a_variable_that_has_no_value_yet():
    def tool(it: int) -> object:
        return later

    assert definition(tool)["function"]["parameters"]["required"] == ["it"]
    later = 1


def test_a_local_type_of_a_function_that_has_ended_is_told():
    def made() -> Callable[..., object]:
        @dataclass
        class Local:
            x: int

        def tool(it: Local): ...

        return tool

    with pytest.raises(RequestError, match=r"'Local', which cannot be found.* a function that is still running"):
        definition(made())


def test_a_lambda_has_no_name():
    with pytest.raises(RequestError, match="must have a name"):
        definition(lambda city: city)


def test_a_builtin_without_a_signature_is_refused():
    with pytest.raises(RequestError, match="max does not tell"):
        definition(max)


def test_what_is_neither_function_nor_dict_is_refused():
    with pytest.raises(RequestError, match=r"tools\[1\] must be a function, a dict or a Tool, not int"):
        tool_definitions([google, 5])  # type: ignore[list-item]  # wrong on purpose


def test_dicts_pass_through_unchanged_and_functions_are_described():
    plain = {"type": "function", "function": {"name": "x", "parameters": {"oneOf": [1]}}}
    first, second = tool_definitions([plain, google])
    assert first is plain
    assert second == definition(google)
