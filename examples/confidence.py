"""Sort reviews into praise and complaint, and leave to a person what the model is not sure of.

python examples/confidence.py < reviews.txt     # one review a line
"""

from __future__ import annotations

import sys
from math import exp

from ollama_sdk.overlay import Ollama, OllamaError

MODEL = "llama3.2"
PROMPT = "Is the writer of this review content? Answer with one word, yes or no.\n\nReview: {review}"
SURE = 0.9


def probability(client: Ollama, prompt: str) -> float | None:
    """How probable it is that a model says yes rather than no, from 0 to 1; None when it would say something else."""
    answer = client.generate(
        MODEL, prompt, think=False, logprobs=True, top_logprobs=20, options={"num_predict": 1, "temperature": 0}
    )
    if not answer.logprobs:
        sys.exit(f"confidence: {client.base_url} sends no log probabilities; a newer Ollama does")
    words = {"yes": 0.0, "no": 0.0}
    for token in answer.logprobs[0].top_logprobs or []:
        word = token.token.strip().lower()  # "Yes", "yes" and " yes" are three tokens
        if word in words:
            words[word] += exp(token.logprob)
    either = sum(words.values())
    return words["yes"] / either if either > 0.5 else None


def main() -> None:
    """Print a verdict and its probability for each line of the standard input."""
    with Ollama() as client:
        for review in filter(None, map(str.strip, sys.stdin)):
            yes = probability(client, PROMPT.format(review=review))
            if yes is None or SURE > yes > 1 - SURE:
                print(f"ask a person ({'no answer' if yes is None else f'{yes:.0%} yes'}): {review}", flush=True)
            else:
                print(f"{'praise' if yes > 0.5 else 'complaint'} ({max(yes, 1 - yes):.0%}): {review}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except OllamaError as error:
        sys.exit(f"confidence: {error}")
