"""The unmodified Vercel AI SDK, with each of its model clients, before each provider's protocol."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.e2e.frameworks.upstream_models import UPSTREAM_MODELS
from tests.e2e.gateway import CALLER_KEY, Gateway
from tests.e2e.node import NODE_FOLDER, node_program
from tests.e2e.process import bare_environment

Results = dict[str, Any]
CLIENTS = ("ai_chat", "ai_responses", "ai_messages", "ai_generate")
"""Model clients of the AI SDK, as ``ai.mjs`` knows them."""
CALL = {"name": "get_weather", "input": {"location": "San Francisco, CA"}}
JOKE = {"setup": "Why do dogs run in circles?", "punchline": "Squares are hard."}
_SEEN: dict[tuple[str, str, str], Results] = {}


def seen(gateway: Gateway, client: str, provider: str) -> Results:
    """What the AI SDK saw with this client and provider; run once for each pair."""
    way = (gateway.origin, client, provider)
    if way not in _SEEN:
        argument = {"origin": gateway.origin, "key": CALLER_KEY, "client": client, "model": f"by-{provider}"}
        done = subprocess.run(
            [node_program(), str(NODE_FOLDER / "ai.mjs"), json.dumps(argument)],
            capture_output=True,
            text=True,
            timeout=60,
            env=bare_environment(),
            check=False,
        )
        assert done.returncode == 0, done.stderr
        _SEEN[way] = json.loads(done.stdout)
    return _SEEN[way]


def value(results: Results, case: str) -> Any:
    """What the case gave; fails with what it threw."""
    assert "value" in results[case], f"{case}: {results[case]}"
    return results[case]["value"]


PAIRS = [(client, provider) for client in CLIENTS for provider in UPSTREAM_MODELS]
# aimock ends calls with a finish reason that Gemini does not have, and what the same dialect says stays as it is.
CALLING = [pair for pair in PAIRS if pair != ("ai_generate", "gemini")]
cells = pytest.mark.parametrize(("client", "provider"), PAIRS, ids=map("-".join, PAIRS))
calling_cells = pytest.mark.parametrize(("client", "provider"), CALLING, ids=map("-".join, CALLING))
streams = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


@cells
@streams
def test_text_and_usage(served: Gateway, client: str, provider: str, stream: bool) -> None:
    answer = value(seen(served, client, provider), "stream" if stream else "text")
    assert (answer["text"], answer["finish"], answer["calls"]) == ("Hello, it is good to hear from you.", "stop", [])
    assert (answer["usage"]["inputTokens"], answer["usage"]["outputTokens"]) == (11, 17)
    if stream:
        assert len(answer["pieces"]) > 1
        assert "".join(answer["pieces"]) == answer["text"]


@calling_cells
@streams
def test_a_tool_call(served: Gateway, client: str, provider: str, stream: bool) -> None:
    answer = value(seen(served, client, provider), "streamedTools" if stream else "tools")
    assert (answer["calls"], answer["finish"]) == ([CALL], "tool-calls")


@calling_cells
def test_a_tool_is_run_and_its_result_goes_back(served: Gateway, client: str, provider: str) -> None:
    loop = value(seen(served, client, provider), "toolLoop")
    assert loop == {"text": "It is sunny in San Francisco.", "steps": 2, "places": ["San Francisco, CA"]}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_wanted_shape(served: Gateway, client: str) -> None:
    """The upstream looks for a wanted shape in OpenAI's body only; the others: ``test_matrix_schema.py``."""
    results = seen(served, client, "openai")
    assert value(results, "object") == value(results, "streamedObject") == JOKE


@cells
@streams
def test_an_error_of_the_provider(served: Gateway, client: str, provider: str, stream: bool) -> None:
    refused = value(seen(served, client, provider), "refusedStream" if stream else "refused")
    assert (refused["name"], refused["status"]) == ("AI_APICallError", 400)
    assert "Invalid value for temperature." in refused["message"]
