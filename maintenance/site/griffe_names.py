"""An extension of griffe: what it needs to be told of this package, to show what is public as a program sees it."""

from __future__ import annotations

import re
from typing import Any

import griffe

_SHOWN_LABELS = {"async", "classmethod", "staticmethod"}
# What only the SDK can make; nobody else calls what takes it.
_NOT_PUBLIC = {"Connection", "Format", "Reading", "Settings", "ToolConversation"}


class PublicNames(griffe.Extension):
    """Finds names that are not where griffe looks, and leaves out what a reader has seen already."""

    def on_package(self, *, pkg: griffe.Module, loader: griffe.GriffeLoader, **_: Any) -> None:
        """Find the models in the overlay, and the functions that are methods of a default client."""
        overlay, models, functions = pkg["overlay"], pkg["generated.models"], pkg["overlay._clients.functions"]
        for module in (models, functions, overlay, overlay["compat"]):
            # griffe (2.4.1) reads no `__all__` below a package that has none itself.
            loader.expand_exports(module)
        for name in models.exports or ():
            overlay.set_member(name, griffe.Alias(name, f"{models.path}.{name}", parent=overlay))
        for name in functions.exports or ():
            overlay.set_member(str(name), _function(str(name), overlay["Ollama"].all_members[name], overlay))
        _show_constants(overlay)
        for name in overlay["compat"].exports or ():
            _show_fields(overlay["compat"][str(name)])

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Take a section "Example" for "Examples", since the singular is plain text, and link to pages."""
        if obj.docstring:
            text = re.sub(r"^( *)Example:$", r"\1Examples:", obj.docstring.value, flags=re.M)
            obj.docstring.value = re.sub(r"docs/([a-z-]+)\.md", r"[\1](../\1.md)", text)
        obj.labels &= _SHOWN_LABELS

    def on_function(self, *, func: griffe.Function, **_: Any) -> None:
        """Drop the keywords that a method takes to say which ones it does not know."""
        unknown = "unknown"
        if unknown in func.parameters and "NoArguments" in str(func.parameters[unknown].annotation):
            del func.parameters[unknown]

    def on_class_members(self, *, cls: griffe.Class, **_: Any) -> None:
        """Give a class of attrs the arguments that it is made with, and describe no attribute twice."""
        if "__init__" not in cls.members and any(str(made.value).startswith("frozen") for made in cls.decorators):
            cls.set_member("__init__", _init(cls))
        for name, member in list(cls.members.items()):
            if isinstance(member, griffe.Function) and not _NOT_PUBLIC.isdisjoint(_annotations(member)):
                del cls.members[name]
        _annotate_attributes(cls)
        if cls.docstring and re.search(r"^ *Attributes:$", cls.docstring.value, re.M):
            for name in re.findall(r"^ *(\w+): ", cls.docstring.value.partition("Attributes:")[2], re.M):
                if name in cls.members:
                    cls.members[name].docstring = None


def _init(cls: griffe.Class) -> griffe.Function:
    fields = [
        griffe.Parameter(
            name,
            annotation=field.annotation,
            kind=griffe.ParameterKind.positional_or_keyword,
            default=field.value,
        )
        for name, field in cls.attributes.items()
        if field.annotation is not None and not field.is_alias
    ]
    return griffe.Function("__init__", parameters=griffe.Parameters(griffe.Parameter("self"), *fields), parent=cls)


def _annotations(function: griffe.Function) -> list[str]:
    return re.findall(r"\w+", " ".join(str(given.annotation) for given in function.parameters))


def _annotate_attributes(cls: griffe.Class) -> None:
    """Give an attribute that is set to an argument the annotation of it."""
    init = cls.members.get("__init__")
    arguments = {given.name: given.annotation for given in init.parameters} if isinstance(init, griffe.Function) else {}
    for name, attribute in cls.attributes.items():
        if not attribute.is_alias and attribute.annotation is None and str(attribute.value) == name in arguments:
            attribute.annotation = arguments[name]


def _function(name: str, method: Any, overlay: griffe.Module) -> griffe.Function:
    what = method.docstring.value.partition("\n\n")[0] if method.docstring else ""
    text = f"{what}\n\nSee [`Ollama.{name}`][ollama_sdk.overlay.Ollama.{name}]."
    function = griffe.Function(
        name,
        parameters=griffe.Parameters(*(given for given in method.parameters if given.name != "self")),
        returns=method.returns,
        parent=overlay,
    )
    function.docstring = griffe.Docstring(text, parent=function)
    return function


def _show_constants(parent: griffe.Object) -> None:
    """Give arguments whose default is a constant the value of it as their default."""
    for member in parent.members.values():
        if isinstance(member, griffe.Module | griffe.Class):
            _show_constants(member)
        elif isinstance(member, griffe.Function):
            for given in member.parameters:
                if isinstance(given.default, griffe.ExprName) and given.default.name.isupper():
                    constant = member.modules_collection[given.default.canonical_path]
                    given.default = getattr(constant, "value", given.default)


def _show_fields(model: Any) -> None:
    """Name the fields of a model of compat, which are words of its class statement and of those of its bases."""
    if not model.is_class or not model.docstring or "Attributes:" in model.docstring.value:
        return
    classes = [model, *model.mro()]
    named = " ".join(str(cls.keywords.get("fields", "")).strip("'\"") for cls in classes)
    if fields := ", ".join(f"`{name}`" for name in dict.fromkeys(named.replace("' '", "").split())):
        model.docstring.value = f"{model.docstring.value.rstrip()}\n\nFields: {fields}."
