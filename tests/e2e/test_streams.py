"""A stream is handed on as it comes, never held back until its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model, provider
from tests.e2e.shapes import HELLO
from tests.e2e.talker import MODELS, Talker


@pytest.fixture(scope="module")
def talker(room: Path) -> Iterator[Talker]:
    found = Talker(room / "streams-talker.log")
    yield found
    found.process.kill()


@pytest.fixture(scope="module")
def gateway_to_talker(talker: Talker, room: Path) -> Iterator[Gateway]:
    found = Gateway(
        room / "streams",
        configuration(
            [provider("talker", talker.origin)],
            [model(name, "talker") for name in MODELS],
        ),
    )
    yield found
    assert found.process.stop() == 0, found.process.tail()


def test_the_first_words_arrive_while_the_model_waits_for_the_reader(
    gateway_to_talker: Gateway,
    talker: Talker,
) -> None:
    with (
        openai.OpenAI(
            base_url=f"{gateway_to_talker.origin}/v1",
            api_key=CALLER_KEY,
            max_retries=0,
            timeout=10,
        ) as client,
        client.chat.completions.create(model="held", messages=HELLO, stream=True) as stream,
    ):
        words = (chunk.choices[0].delta.content for chunk in stream if chunk.choices)
        first = next(word for word in words if word)
        talker.go()  # the model says nothing more until the first word was read at the other end
        rest = [word for word in words if word]
    assert first
    assert rest == [first]


def test_one_connection_serves_many_calls_to_the_upstream(gateway_to_talker: Gateway, talker: Talker) -> None:
    before = talker.counts()
    with openai.OpenAI(
        base_url=f"{gateway_to_talker.origin}/v1",
        api_key=CALLER_KEY,
        max_retries=0,
        timeout=10,
    ) as client:
        for _ in range(10):
            assert client.chat.completions.create(model="brief", messages=HELLO).choices
    after = talker.counts()
    assert after["served"] - before["served"] == 10
    assert after["open"] <= max(1, before["open"]), "the pool opened a connection for each call"
