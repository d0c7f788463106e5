"""Read a receipt into an object; what does not fit goes back to the model, with the reason.

python examples/structured_retry.py < receipt.txt
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from ollama_sdk.overlay import DecodeError, Message, Ollama, OllamaError

T = TypeVar("T")


@dataclass
class Item:
    """A line of a receipt."""

    name: str
    price: Decimal


@dataclass
class Receipt:
    """A receipt whose prices add up."""

    shop: str
    items: list[Item]
    total: Decimal

    def __post_init__(self) -> None:
        """Check what no JSON schema can say."""
        prices = sum(item.price for item in self.items)
        if prices != self.total:
            raise ValueError(f"the prices of the items add up to {prices}, but total is {self.total}")


def ask(client: Ollama, model: str, question: str, form: type[T], attempts: int = 3) -> T:
    """Ask until the answer fits; tell the model each time why it did not.

    Raises:
        DecodeError: The last answer did not fit either.
    """
    messages = [Message(role="user", content=question)]
    while True:
        answer = client.chat(model, messages, format=form, options={"temperature": 0, "num_predict": 500})
        try:
            return answer.parsed
        except DecodeError as error:
            attempts -= 1
            if not attempts or answer.message is None:
                raise
            print(f"[asking again: {error.error}]", file=sys.stderr)
            reason = f"This does not fit: {error.error}. Answer again, as JSON, without this mistake."
            messages += [answer.message, Message(role="user", content=reason)]


def main(text: str) -> None:
    """Print what is on a receipt."""
    with Ollama() as client:
        receipt = ask(client, "llama3.2", f"What is on this receipt? Answer as JSON.\n\n{text}", Receipt)
    for item in receipt.items:
        print(f"{item.price:>10}  {item.name}")
    print(f"{receipt.total:>10}  {receipt.shop}")


if __name__ == "__main__":
    try:
        main(sys.stdin.read())
    except OllamaError as error:
        sys.exit(f"structured_retry: {error}")
