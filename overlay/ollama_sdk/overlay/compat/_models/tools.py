"""Tools, and what the parameters of their functions are."""

# pyright: reportIncompatibleVariableOverride=false
# Fields are narrowed to the classes of this room, which is what they read as.

from __future__ import annotations

from typing import Any

from ollama_sdk.generated import models
from ollama_sdk.overlay.compat._models.base import SubscriptableBaseModel


class Tool(SubscriptableBaseModel, models.Tool, fields="type function"):
    """A function that the model may call."""

    type: str | None = "function"

    class Function(SubscriptableBaseModel, models.ToolFunction, fields="name description parameters"):
        """Its name, what it does, and what it takes."""

        class Parameters(
            SubscriptableBaseModel,
            models.ToolFunctionParameters,
            fields="type defs items required properties",
            keys={"defs": "$defs"},
        ):
            """What a function takes."""

            type: str | None = "object"

            class Property(SubscriptableBaseModel, models.ToolProperty, fields="type items description enum"):
                """One parameter of a function."""

                type: str | list[str] | None
                items: Any | None  # pyright: ignore[reportIncompatibleMethodOverride]  # the field hides the method

            items: Any | None  # pyright: ignore[reportIncompatibleMethodOverride]  # the field hides the method
            properties: dict[str, Property] | None  # type: ignore[assignment]  # of the class that is here

        parameters: Parameters | None

    function: Function | None  # type: ignore[assignment]  # it may be missing
