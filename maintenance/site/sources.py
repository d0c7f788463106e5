"""Pages that show a file of the repository which a page of the documentation links to: an example, or a test."""

from __future__ import annotations

import json
import re
from pathlib import Path

# Out of the search: what is found there should be what explains something.
_FRONT = """---
search:
  exclude: true
title: "{title}"
---

# `{path}`

"""
_LANGUAGES = {".mjs": "js", ".py": "python", ".yaml": "yaml", ".toml": "toml", ".json": "json", ".html": "html"}
_NOT_SHOWN = {"__pycache__", "node_modules"}


def source_place(path: str) -> str:
    """Return where on the site a file or folder of the repository is shown."""
    return f"source/{path}.md"


def source_pages(root: Path, paths: set[str]) -> dict[str, bytes]:
    """Return the pages of some files and folders, and of the files in those folders."""
    pages: dict[str, bytes] = {}
    for path in sorted(paths):
        front = _FRONT.format(path=path, title=path.rpartition("/")[2])
        if (root / path).is_dir():
            inside = sorted(file for file in (root / path).rglob("*") if _is_shown(file))
            names = [file.relative_to(root / path).as_posix() for file in inside]
            pages |= source_pages(root, {f"{path}/{name}" for name in names})
            folder = path.rpartition("/")[2]
            page = "".join(f"- [`{name}`]({folder}/{name}.md)\n" for name in names)
        elif path.endswith(".ipynb"):
            page = _notebook((root / path).read_text(encoding="utf-8"))
        else:
            page = _code((root / path).read_text(encoding="utf-8"), _LANGUAGES.get(Path(path).suffix, "text"), "1")
        pages[source_place(path)] = f"{front}{page}".encode()
    return pages


def line_anchor(root: Path, path: str, name: str) -> str:
    """Return the anchor of the line of a file that defines a function or class; "" without one."""
    if not path.endswith(".py") or not name:
        return ""
    found = re.search(rf"^ *(async )?(def|class) {re.escape(name)}\b", (root / path).read_text(encoding="utf-8"), re.M)
    return f"__codelineno-0-{found.string.count(chr(10), 0, found.start()) + 1}" if found else name


def _is_shown(file: Path) -> bool:
    return file.is_file() and not _NOT_SHOWN.intersection(file.parts) and not file.name.startswith(".")


def _code(text: str, language: str, first_line: str = "") -> str:
    lines = f' linenums="{first_line}"' if first_line else ""
    return f"~~~~~~ {{ .{language}{lines} }}\n{text.rstrip()}\n~~~~~~\n"


def _notebook(text: str) -> str:
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(text)["cells"]]
    return "\n".join(_code(source, "python") if kind == "code" else f"{source}\n" for kind, source in cells)
