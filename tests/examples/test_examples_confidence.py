"""Log probabilities: what the model is sure of is sorted, and the rest is left to a person."""

from __future__ import annotations

from math import log

from examples.programs import run

from ollama_sdk.overlay.testing import Json, OllamaServer, Received, Reply

GENERATE = ("POST", "/api/generate")
FIRST_TOKENS = {
    "Lovely.": {"Yes": 0.6, " yes": 0.3, "No": 0.05, "Maybe": 0.05},
    "It broke.": {"No": 0.95, "Yes": 0.01},
    "It is a lamp.": {"Yes": 0.4, "No": 0.35, "The": 0.25},
    "Lorem ipsum.": {"I": 0.9, "Yes": 0.1},
}


def answered(received: Received) -> Reply:
    """Answer with the first token of a review, and how probable each is."""
    tokens = FIRST_TOKENS[received.json["prompt"].rpartition("Review: ")[2]]
    likeliest = [{"token": token, "logprob": log(share), "bytes": [*token.encode()]} for token, share in tokens.items()]
    logprobs = [{**likeliest[0], "top_logprobs": likeliest}]
    response = {"response": likeliest[0]["token"], "done": True, "done_reason": "length", "logprobs": logprobs}
    return Reply(Json(response))


def test_what_is_not_sure_is_left_to_a_person(ollama_server: OllamaServer) -> None:
    ollama_server.reply(*GENERATE, answered)
    done = run("confidence.py", host=ollama_server.url, given="\n".join(FIRST_TOKENS))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "praise (95%): Lovely.",
        "complaint (99%): It broke.",
        "ask a person (53% yes): It is a lamp.",
        "ask a person (no answer): Lorem ipsum.",
    ]
    sent = ollama_server.requests[0].json
    assert (sent["logprobs"], sent["top_logprobs"], sent["options"]["num_predict"]) == (True, 20, 1)


def test_a_server_without_log_probabilities_is_told(ollama_server: OllamaServer) -> None:
    ollama_server.reply(*GENERATE, Json({"response": "Yes", "done": True}))
    done = run("confidence.py", host=ollama_server.url, given="Lovely.")
    assert done.returncode == 1
    assert done.stderr == f"confidence: {ollama_server.url} sends no log probabilities; a newer Ollama does\n"


def test_a_model_that_is_missing_is_told(ollama_server: OllamaServer) -> None:
    ollama_server.reply(*GENERATE, Json({"error": "model 'llama3.2' not found"}), status=404)
    done = run("confidence.py", host=ollama_server.url, given="Lovely.")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("confidence: model 'llama3.2' not found")
