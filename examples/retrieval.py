"""Answer a question from the text files of a folder, and name the sources.

    python examples/retrieval.py docs "How do I stop an answer?"

It needs `pip install 'ollama-sdk[numpy]'`, and the models all-minilm and llama3.2. It keeps the vectors in vectors.npz.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ollama_sdk.overlay import Ollama, OllamaError

EMBEDDER, MODEL, VECTORS = "all-minilm", "llama3.2", Path("vectors.npz")
SYSTEM = "Answer from these passages alone, and name the numbers of those that you use, as [2]. Say so if none helps."


class Passage(NamedTuple):
    """A paragraph, and where it is."""

    source: str
    text: str


def passages(folder: Path) -> Iterator[Passage]:
    """Cut the text files of a folder at blank lines."""
    for file in sorted(path for path in folder.rglob("*") if path.suffix in {".md", ".txt"}):
        text = file.read_text(encoding="utf-8", errors="replace")
        for found in re.finditer(r"(.*\S.*\n?)+", text):
            line = text.count("\n", 0, found.start()) + 1
            yield Passage(f"{file}:{line}", found[0].strip())


def embed(client: Ollama, texts: list[str]) -> npt.NDArray[np.float32]:
    """The vectors of many texts, a row for each; from the file of the last run, if the texts are the same."""
    key = hashlib.sha256("\0".join([EMBEDDER, *texts]).encode()).hexdigest()
    kept = dict(np.load(VECTORS)) if VECTORS.exists() else {}
    if kept.get("key") != key:
        print(f"[embedding {len(texts)} passages]", file=sys.stderr)
        kept = {"key": np.array(key), "vectors": client.embed(EMBEDDER, texts, batch_size=256).as_numpy()}
        np.savez(VECTORS, **kept)
    return np.asarray(kept["vectors"], np.float32)


def main(folder: Path, question: str) -> None:
    """Print the answer while it is written, then the passages that the model was shown."""
    found = list(passages(folder))
    if not found:
        sys.exit(f"retrieval: no text in {folder}")
    with Ollama() as client:
        vectors = embed(client, [passage.text for passage in found])
        # The vectors have the length 1, so the sum of the products is the cosine: 1 for the same direction.
        similarity = vectors @ client.embed(EMBEDDER, question).as_numpy()[0]
        best = [int(index) for index in np.argsort(-similarity)[:5]]
        shown = "\n\n".join(f"[{number}] {found[index].text}" for number, index in enumerate(best, 1))
        messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": f"{shown}\n\n{question}"}]
        with client.chat(MODEL, messages, options={"temperature": 0}, stream=True) as answer:
            for text in answer.text:
                print(text, end="", flush=True)
    print("\n\nSources:")
    for number, index in enumerate(best, 1):
        print(f"[{number}] {found[index].source} ({similarity[index]:.2f})")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        main(Path(sys.argv[1]), " ".join(sys.argv[2:]))
    except OllamaError as error:
        sys.exit(f"retrieval: {error}")
