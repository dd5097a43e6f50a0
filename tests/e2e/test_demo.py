"""``serve --demo --dev``, as ``make serve`` starts it: the README's first call is answered at once."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from tests.e2e.process import REPO, Process, answers, bare_environment, free_port

KEY = "sk-gateway-default-001"


class Demo:
    """A demo gateway in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        argv = [sys.executable, "-m", "torana.wiring.cli", "serve", "--demo", "--dev", "--port", str(self.port)]
        self.process = Process(argv, folder / "output.log", bare_environment(), folder)
        self.process.wait_ready(lambda: answers(self.port, "/health/ready"))


@pytest.fixture(scope="module")
def demo(room: Path) -> Iterator[Demo]:
    folder = room / "demo"
    folder.mkdir()
    found = Demo(folder)
    yield found
    assert found.process.stop() == 0, found.process.tail()


def test_make_serve_runs_serve_with_demo_and_dev() -> None:
    recipe = re.search(r"^serve:.*\n\t(.*)$", (REPO / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    assert "torana serve --demo --dev" in recipe[1]


def test_the_curl_call_of_the_readme_is_answered(demo: Demo) -> None:
    call = re.search(
        r"^curl .*?/v1/chat/completions.*?^```", (REPO / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    assert call is not None, "the README shows no curl call"
    headers = dict(line.split(": ", 1) for line in re.findall(r'-H "([^"]+)"', call[0]))
    body = re.search(r"-d '([^']+)'", call[0])
    assert body is not None
    assert headers["Authorization"] == f"Bearer {KEY}"
    connection = http.client.HTTPConnection("127.0.0.1", demo.port, timeout=10)
    # what curl says when it is not told better
    connection.request(
        "POST",
        "/v1/chat/completions",
        body[1],
        {"Content-Type": "application/x-www-form-urlencoded", **headers},
    )
    answer = connection.getresponse()
    found = json.loads(answer.read())
    connection.close()
    assert answer.status == 200, found
    assert found["choices"][0]["message"]["content"]


def test_the_terminal_says_what_to_type_next(demo: Demo) -> None:
    said = demo.process.output()
    assert f"http://127.0.0.1:{demo.port}/v1/chat/completions" in said
    assert KEY in said


@pytest.mark.parametrize("team", ["finance", "engineering", "marketing", "default"])
def test_each_demo_key_may_chat_with_the_sdk_streamed_or_not(demo: Demo, team: str) -> None:
    with openai.OpenAI(
        base_url=f"http://127.0.0.1:{demo.port}/v1",
        api_key=f"sk-gateway-{team}-001",
        max_retries=0,
        timeout=10,
    ) as client:
        hello = [{"role": "user", "content": "Hello, Torana"}]
        plain = client.chat.completions.create(model="gpt-4o-mini", messages=hello)
        with client.chat.completions.create(model="gpt-4o-mini", messages=hello, stream=True) as stream:
            streamed = "".join(c.choices[0].delta.content or "" for c in stream if c.choices)
    assert plain.choices[0].message.content
    assert streamed == plain.choices[0].message.content


@pytest.mark.parametrize("model", ["gpt-4", "gpt-4o-mini", "openai/gpt-4.1", "claude-sonnet-4-5"])
def test_the_models_that_examples_of_existing_users_ask_for_answer(demo: Demo, model: str) -> None:
    with openai.OpenAI(
        base_url=f"http://127.0.0.1:{demo.port}/v1",
        api_key=KEY,
        max_retries=0,
        timeout=10,
    ) as client:
        assert client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hi"}]).choices


def test_responses_are_answered_by_the_demo_streamed_or_not(demo: Demo) -> None:
    with openai.OpenAI(base_url=f"http://127.0.0.1:{demo.port}/v1", api_key=KEY, max_retries=0, timeout=10) as client:
        plain = client.responses.create(model="gpt-4o-mini", input="Hello, Torana")
        with client.responses.stream(model="gpt-4o-mini", input="Hello, Torana") as stream:
            pieces = [event.delta for event in stream if event.type == "response.output_text.delta"]
            final = stream.get_final_response()
    assert plain.output_text.endswith("Hello, Torana")
    assert "".join(pieces) == final.output_text == plain.output_text
    assert final.usage is not None
    assert plain.usage is not None
    assert final.usage.output_tokens == plain.usage.output_tokens
    assert len(pieces) > 1


def test_messages_are_answered_by_the_demo_streamed_or_not(demo: Demo) -> None:
    hello: list[Any] = [{"role": "user", "content": "Hello, Torana"}]
    with anthropic.Anthropic(
        base_url=f"http://127.0.0.1:{demo.port}", api_key=KEY, max_retries=0, timeout=10
    ) as client:
        plain = client.messages.create(model="claude-opus-4-6", max_tokens=64, messages=hello)
        with client.messages.stream(model="claude-opus-4-6", max_tokens=64, messages=hello) as stream:
            text = "".join(stream.text_stream)
            final = stream.get_final_message()
    assert [block.text for block in plain.content if block.type == "text"] == [text]
    assert text.endswith("Hello, Torana")
    assert final.stop_reason == plain.stop_reason == "end_turn"
    assert final.usage.output_tokens == plain.usage.output_tokens > 0


def test_the_demo_calls_a_tool_in_the_dialect_of_messages(demo: Demo) -> None:
    tool: Any = {"name": "look", "input_schema": {"type": "object", "properties": {}}}
    asked: list[Any] = [{"role": "user", "content": "please call look"}]
    with anthropic.Anthropic(
        base_url=f"http://127.0.0.1:{demo.port}", api_key=KEY, max_retries=0, timeout=10
    ) as client:
        answer = client.messages.create(model="claude-opus-4-6", max_tokens=64, messages=asked, tools=[tool])
    assert answer.stop_reason == "tool_use"
    assert [(block.name, block.input) for block in answer.content if block.type == "tool_use"] == [("look", {})]


def test_the_demo_refuses_to_listen_to_strangers(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "torana.wiring.cli", "serve", "--demo", "--host", "0.0.0.0", "--port", "0"]
    process = Process(argv, tmp_path / "output.log", bare_environment(), tmp_path)
    assert process.wait() != 0
    assert "loopback" in process.output()


def test_the_plays_of_the_line_run_over_http_too(demo: Demo) -> None:
    environment = bare_environment(TORANA_BASE_URL=f"http://127.0.0.1:{demo.port}", TORANA_KEY=KEY)
    argv = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "tests/line"]
    played = subprocess.run(argv, capture_output=True, text=True, timeout=120, env=environment, cwd=REPO, check=False)
    assert played.returncode == 0, played.stdout[-4000:]
    assert re.search(r"[1-9]\d* passed", played.stdout)


def test_the_demo_takes_personal_data_out_of_prompts_and_refuses_secrets(demo: Demo) -> None:
    client = openai.OpenAI(api_key=KEY, base_url=f"http://127.0.0.1:{demo.port}/v1", max_retries=0)
    said = client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "Write to ann.lee@example.org about it."}]
    )
    assert said.choices[0].message.content == "Write to [EMAIL] about it."
    with pytest.raises(openai.BadRequestError, match="aws_access_key") as refused:
        client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": f"My key is AKIA{'QYLPMN5HFIQR7XYA'}."}]
        )
    assert refused.value.response.json()["error_code"] == "GUARDRAIL_BLOCKED"
