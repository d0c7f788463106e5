"""Run a program that is written for the official client: `python -m ollama_sdk.overlay.compat app.py`."""

from __future__ import annotations

import os
import runpy
import sys

from ollama_sdk.overlay.compat import install

USAGE = """usage: python -m ollama_sdk.overlay.compat app.py [arguments]
       python -m ollama_sdk.overlay.compat -m module [arguments]

Runs a program in which `import ollama` is this SDK, with the behaviour of the official client; docs/compat.md."""


def main(arguments: list[str]) -> int | None:
    """Run the program; its own exit status is that of the process.

    Args:
        arguments: The path of a script, a folder or a zip file, or "-m" and the name of a module; and what it is given.
    """
    if arguments[:1] in (["-h"], ["--help"]):
        print(USAGE)
        return 0
    is_module = arguments[:1] == ["-m"]
    if not arguments[is_module:] or (arguments[0].startswith("-") and not is_module):
        print(USAGE, file=sys.stderr)
        return 2
    sys.argv = arguments[is_module:]
    if not is_module and not sys.flags.safe_path:
        sys.path[0] = os.path.dirname(os.path.abspath(arguments[0]))  # as `python app.py` has it
    install()
    if is_module:
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(arguments[0], run_name="__main__")
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
