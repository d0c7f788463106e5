"""Links of a Markdown page of the repository, as the same page on the site has them.

A page links to what is beside it in the repository. On the site, some of that is elsewhere: CHANGELOG.md is a page in
the same folder, and a file of Python is shown on a page of its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import PurePosixPath

_FENCE = re.compile(r"^ *(```+|~~~+).*?^ *\1 *$", re.M | re.S)
_LINK = re.compile(r"(?<=\]\()(?![a-z][a-z+.-]*:|#)([^)\s#]+)(?:#([^)\s]+))?")


def move_links(text: str, page: str, moved_page: str, moved: Callable[[str, str], tuple[str, str] | None]) -> str:
    """Return the text of a page, with links that fit its place on the site.

    Args:
        text: The page.
        page: Where it is in the repository, such as "docs/abort.md".
        moved_page: Where it is on the site.
        moved: Gives the place on the site of a file and an anchor in it, or None when the link stays as it is.
    """

    def link(found: re.Match[str]) -> str:
        target = os.path.normpath(PurePosixPath(page).parent / found[1])
        place = moved(PurePosixPath(target).as_posix(), found[2] or "")
        if place is None:
            return found[0]
        path, anchor = place
        relative = PurePosixPath(os.path.relpath(path, PurePosixPath(moved_page).parent)).as_posix()
        return f"{relative}#{anchor}" if anchor else relative

    parts, end = [], 0
    for fence in _FENCE.finditer(text):
        parts += [_LINK.sub(link, text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, _LINK.sub(link, text[end:])])
