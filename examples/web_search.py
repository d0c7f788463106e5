"""Let a model of yours search the web, and name its sources.

    OLLAMA_API_KEY=... python examples/web_search.py "What is new in Python 3.15?"

The model runs at OLLAMA_HOST. The key is one of https://ollama.com, which searches.
"""

from __future__ import annotations

import sys

from ollama_sdk.overlay import Ollama, OllamaError

MODEL = "qwen3"
SYSTEM = "Search the web before you answer. Use what you find there alone, and say so when it is not enough."


def main(question: str) -> None:
    """Print the answer while it is written, then the pages that the model saw."""
    sources: dict[str, str] = {}
    with Ollama() as client:

        def search(query: str) -> list[dict[str, str | None]]:
            """Search the web.

            Args:
                query: What to look for, in a few words.
            """
            print(f"[searching: {query}]", file=sys.stderr)
            found = client.web_search(query, max_results=3, deadline=30).results or []
            sources.update({result.url: result.title or "" for result in found if result.url})
            # A page may be longer than what the model can read at once.
            return [{"url": result.url, "text": (result.content or "")[:3000]} for result in found]

        messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}]
        # By default Ollama cuts what is longer than a few thousand tokens: three pages need more room.
        options = {"num_ctx": 16384}
        with client.run_tools(MODEL, messages, tools=[search], max_rounds=5, options=options, stream=True) as answer:
            for text in answer.text:
                print(text, end="", flush=True)

    print("\n\nSources:" if sources else "\n\nNo page was looked at.")
    for url, title in sources.items():
        print(f"- {title} {url}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:2] or ["What is new in Python 3.15?"])
    except OllamaError as error:
        sys.exit(f"web_search: {error}")
