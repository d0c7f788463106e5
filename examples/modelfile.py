"""Make a model of your own from a Modelfile; a bar shows how its base is pulled.

    python examples/modelfile.py "A wine for mushroom risotto?"

It needs `pip install 'ollama-sdk[progress]'` for the bar.
"""

from __future__ import annotations

import sys

from ollama_sdk.overlay import Ollama, OllamaError

BASE = "llama3.2"
NAME = "sommelier"
MODELFILE = f'''
FROM {BASE}
PARAMETER temperature 0.2
PARAMETER num_ctx 8192
SYSTEM """
You are a sommelier. Answer in one sentence, and name one wine.
"""
MESSAGE user A wine for oysters?
MESSAGE assistant A Muscadet, whose salt and acidity are those of the sea.
'''


def main(question: str) -> None:
    """Make the model, and ask it."""
    with Ollama() as client:
        # Nothing is downloaded twice: what the server has is left out, and a pull that was ended goes on.
        client.pull(BASE, if_missing=True, progress=True, stall_timeout=120)
        client.create(NAME, modelfile=MODELFILE)

        # The system message, the parameters and the example are in the model: a question is all it needs.
        for text in client.chat(NAME, [{"role": "user", "content": question}], stream=True).text:
            print(text, end="", flush=True)
        print()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:2] or ["A wine for mushroom risotto?"])
    except OllamaError as error:
        sys.exit(f"modelfile: {error}")
    except KeyboardInterrupt:
        sys.exit("modelfile: run it again, and the pull goes on where it was")
