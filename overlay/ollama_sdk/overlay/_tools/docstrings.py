"""What a docstring says of a function and of its parameters; no I/O."""

from __future__ import annotations

import re

_SECTION = re.compile(
    r"(?P<parameters>args)\s*:\s*(?P<rest>.*)|(?:returns?|yields?|raises)\s*:.*"
    r"|(?P<more>arguments|params|parameters|keyword arg(?:ument)?s|other parameters)\s*:"
    r"|(?:exceptions?|except|attributes|examples?)\s*:",
    re.IGNORECASE,
)
_TYPE = r"\((?:[^()]|\([^()]*\))*\)"
_ENTRY = re.compile(rf"(?P<names>\*{{0,2}}\w+(?:\s*,\s*\*{{0,2}}\w+)*)\s*(?:{_TYPE})?\s*:\s*(?P<text>.*)")


def read_docstring(text: str) -> tuple[str, dict[str, str]]:
    """Return the description of a function and those of its parameters, in the style of Google, NumPy or reST.

    Google's style is read as ollama-python reads it: in any case, on the first line too, and line by line, so that a
    line that is not understood costs nothing but itself.
    """
    if any(_SECTION.fullmatch(line.strip()) for line in text.splitlines()):
        return _google(text)
    import docstring_parser

    # docstring-parser 0.18 dedents all lines but the first once more; an empty one keeps the title of a section.
    parsed = docstring_parser.parse("\n" + text)
    parts = (parsed.short_description, parsed.long_description)
    parameters: dict[str, str] = {}
    for entry in parsed.params:
        for name in entry.arg_name.split(","):  # NumPy style describes several at once
            parameters[name.strip().lstrip("*")] = " ".join((entry.description or "").split())
    return "\n\n".join(part.strip() for part in parts if part), parameters


def _google(text: str) -> tuple[str, dict[str, str]]:
    around: list[str] = []  # the sections
    parameters: dict[str, str] = {}
    names: list[str] = []  # of the last entry
    section = ""  # the kind of the section that the line belongs to
    title = first = -1  # the indents of its title, and of its first line
    for line in text.splitlines():
        words = line.strip()
        indent = len(line) - len(line.lstrip())
        if (found := _SECTION.fullmatch(words)) and (not section or indent <= title):
            section = "parameters" if found["parameters"] or found["more"] else "other"
            title, first, names, words = indent, -1, [], found["rest"] or ""
        elif words and section:
            first = indent if first < 0 else first
            if indent <= title < first:
                section = ""
        if not section:
            around.append(line)
        elif section == "parameters" and words:
            entry = _ENTRY.fullmatch(words)
            if entry and (indent <= first or not names):
                names = [name.strip().lstrip("*") for name in entry["names"].split(",")]
                parameters.update(dict.fromkeys(names, entry["text"].strip()))
            else:
                parameters.update({name: f"{parameters[name]} {words}".strip() for name in names})
    return re.sub(r"\n{3,}", "\n\n", "\n".join(around)).strip(), parameters
