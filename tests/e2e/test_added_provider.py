"""A provider is added in one file or in one row, and nothing else: done here, and asked through a running gateway."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

import torana
from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model
from tests.e2e.mocks import UPSTREAM_KEY, Aimock
from tests.e2e.road import straight

pytestmark = straight

HELLO: Any = [{"role": "user", "content": "say hello"}]
ROW = """
[macaw]
title = "Macaw"
base_url = "http://127.0.0.1:9/v1"
key_env = "MACAW_API_KEY"
source = "https://macaw.example"
"""
FILE = '''"""A provider with a protocol of its own: it says the same whatever it is asked, without a network."""

import msgspec

from torana.core.call import Reply
from torana.dialects.codecs import openai_chat
from torana.dialects.translation import translation

ANSWER = b'{"choices":[{"message":{"role":"assistant","content":"Pretty %b!"},"finish_reason":"stop"}]}'


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    word: str = "Polly"


class Once:
    def __init__(self, chunk):
        self.left = [chunk]

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.left:
            raise StopAsyncIteration
        return self.left.pop()

    async def aclose(self):
        self.left = []


class Parrot:
    def __init__(self, settings):
        self.answer = ANSWER % settings.word.encode()

    async def send(self, attempt, prompt):
        words = translation(prompt, openai_chat, attempt.deployment.model)
        return Reply(attempt, 200, prompt.dialect, False, Once(words.read_answer(self.answer, prompt.ask)))

    async def aclose(self):
        pass


def open(settings, upstream):
    return Parrot(settings)
'''


@pytest.fixture(scope="module")
def served(aimock: Aimock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway started from a copy of the package that has one file and one row more."""
    room = tmp_path_factory.mktemp("added")
    package = room / "src" / "torana"
    shutil.copytree(Path(torana.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "providers" / "parrot.py").write_text(FILE)
    catalogue = package / "providers" / "catalogue.toml"
    catalogue.write_text(catalogue.read_text("utf-8") + ROW)
    providers = [
        {"id": "bird", "kind": "parrot", "word": "Coco"},
        {"id": "macaw", "kind": "macaw", "base_url": f"{aimock.origin}/v1", "credentials": [{"api_key": UPSTREAM_KEY}]},
    ]
    models = [model("by-file", "bird", "any"), model("by-row", "macaw", Aimock.chat_model)]
    gateway = Gateway(room / "gateway", configuration(providers, models), PYTHONPATH=str(room / "src"))
    yield gateway
    assert gateway.process.stop() == 0, gateway.process.tail()


@pytest.mark.parametrize(("name", "said"), [("by-file", "Pretty Coco!"), ("by-row", "Hello from the other side")])
def test_it_answers_callers_of_both_sdks(served: Gateway, name: str, said: str) -> None:
    with openai.OpenAI(base_url=f"{served.origin}/v1", api_key=CALLER_KEY, max_retries=0, timeout=20) as sdk:
        completion = sdk.chat.completions.create(model=name, messages=HELLO)
    with anthropic.Anthropic(base_url=served.origin, api_key=CALLER_KEY, max_retries=0, timeout=20) as other:
        message = other.messages.create(model=name, max_tokens=50, messages=HELLO)
    assert str(completion.choices[0].message.content).startswith(said)
    assert [block.text[: len(said)] for block in message.content if block.type == "text"] == [said]
