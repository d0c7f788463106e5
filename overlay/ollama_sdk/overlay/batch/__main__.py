"""`python -m ollama_sdk.overlay.batch`: a file of rows through a model, into a file of results."""

import sys

from ollama_sdk.overlay.batch._command_line.command import main

if __name__ == "__main__":
    sys.exit(main())
