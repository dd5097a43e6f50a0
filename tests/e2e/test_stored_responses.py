"""Responses that a provider keeps, with the unmodified SDK: each tenant goes on from its own, with the key that made it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model, provider
from tests.e2e.process import until
from tests.e2e.responder import Responder
from tests.e2e.road import straight

pytestmark = straight
OTHER_KEY = "sk-torana-e2e-globex-4Hs8Vb6Jk"
KEYS = ("sk-upstream-one-33cc", "sk-upstream-two-44dd", "sk-upstream-three-55ee")
PRICES = {"input": "1", "output": "10"}
"""Per million tokens."""


@pytest.fixture
def responder() -> Iterator[Responder]:
    found = Responder(KEYS)
    yield found
    found.close()


def settings(responder: Responder, **more: object) -> dict[str, Any]:
    pool = [{"api_key": key} for key in KEYS]
    offered = ["chat", "responses", "stored_responses"]
    made: dict[str, Any] = configuration(
        [
            provider("responder", responder.origin, credentials=pool, operations=offered),
            provider("elsewhere", responder.origin, credentials=pool, operations=["chat", "responses"]),
        ],
        [
            model("small", "responder", "up-small", prices=PRICES),
            model("other", "elsewhere", "up-other", prices=PRICES),
        ],
    )
    made["keys"] += [{"name": "globex", "key": OTHER_KEY, "tenant": "globex", "models": ["*"]}]
    made["tenants"] += [{"id": "globex"}]
    return {**made, **more}


@pytest.fixture
def gateway(responder: Responder, tmp_path: Path) -> Iterator[Gateway]:
    found = Gateway(tmp_path / "gateway", settings(responder))
    yield found
    assert found.process.stop() == 0, found.process.tail()


def sdk(gateway: Gateway, key: str = CALLER_KEY, base: str = "/v1") -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{gateway.origin}{base}", api_key=key, max_retries=0, timeout=20)


def streamed(client: openai.OpenAI, **asked: Any) -> Any:
    with client.responses.stream(**asked) as events:
        for _ in events:
            pass
        return events.get_final_response()


def test_a_conversation_goes_on_by_its_id_with_the_key_that_began_it(gateway: Gateway, responder: Responder) -> None:
    with sdk(gateway) as client:
        latest: Any = client.responses.create(model="small", input="one", store=True)
        for turn in range(2, 6):
            asked: Any = {"model": "small", "input": str(turn), "previous_response_id": latest.id}
            latest = streamed(client, **asked) if turn % 2 else client.responses.create(**asked)
            assert latest.output_text == f"turn {turn}"
    assert {key for _, _, key in responder.seen} == {KEYS[0]}, "though the keys take turns"


def test_new_conversations_take_turns_among_the_keys(gateway: Gateway, responder: Responder) -> None:
    with sdk(gateway) as client:
        for _ in KEYS:
            client.responses.create(model="small", input="one")
    assert {key for _, _, key in responder.seen} == set(KEYS)


def test_what_is_kept_is_read_and_deleted_also_after_a_restart(gateway: Gateway, responder: Responder) -> None:
    with sdk(gateway) as client:
        made = streamed(client, model="small", input="one")
    assert gateway.process.stop() == 0
    gateway.start()
    with sdk(gateway, base="/api/v1") as client:
        assert client.responses.retrieve(made.id).output_text == "turn 1"
        found: list[Any] = list(client.responses.input_items.list(made.id, limit=5, order="asc"))
        assert [item.content[0].text for item in found] == ["one"]
        with pytest.raises(openai.BadRequestError, match="background"):
            client.responses.cancel(made.id)
        client.responses.delete(made.id)
        for ask in (client.responses.retrieve, client.responses.delete):
            with pytest.raises(openai.NotFoundError):
                ask(made.id)
    assert any(path.endswith("/input_items?limit=5&order=asc") for _, path, _ in responder.seen)
    assert len({key for _, _, key in responder.seen}) == 1


def test_anothers_response_is_as_unknown_as_none(gateway: Gateway, responder: Responder) -> None:
    with sdk(gateway) as ours, sdk(gateway, OTHER_KEY) as theirs:
        made = ours.responses.create(model="small", input="one")
        sent = len(responder.seen)
        asks: list[Callable[[str], Any]] = [
            theirs.responses.retrieve, theirs.responses.delete, theirs.responses.cancel,
            lambda name: list(theirs.responses.input_items.list(name)),
            lambda name: theirs.responses.create(model="small", input="two", previous_response_id=name),
            lambda name: streamed(theirs, model="small", input="two", previous_response_id=name),
        ]  # fmt: skip
        for ask in asks:
            told = []
            for name in (made.id, "resp_of_nobody"):
                with pytest.raises(openai.NotFoundError) as refused:
                    ask(name)
                told.append((refused.value.code, refused.value.message, refused.value.param))
            assert told[0] == told[1]
    assert len(responder.seen) == sent


def test_what_nobody_keeps_cannot_be_gone_on_from(gateway: Gateway, responder: Responder) -> None:
    with sdk(gateway) as client:
        unkept = client.responses.create(model="small", input="one", store=False)
        elsewhere = client.responses.create(model="other", input="one")
        sent = len(responder.seen)
        for name in (unkept.id, elsewhere.id):
            with pytest.raises(openai.NotFoundError) as refused:
                client.responses.create(model="small", input="two", previous_response_id=name)
            assert refused.value.param == "previous_response_id"
    assert len(responder.seen) == sent


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"model": "other"}, "previous_response_id"),
        ({"model": "small", "background": True}, "background"),
        ({"model": "small", "conversation": "conv_1"}, "conversation"),
    ],
)
def test_it_goes_on_where_it_is_and_in_the_open(
    gateway: Gateway, responder: Responder, asked: dict[str, Any], param: str
) -> None:
    with sdk(gateway) as client:
        made = client.responses.create(model="small", input="one")
        sent = len(responder.seen)
        with pytest.raises(openai.BadRequestError) as refused:
            client.responses.create(input="two", previous_response_id=made.id, **asked)
        assert refused.value.param == param
    assert len(responder.seen) == sent


def test_what_goes_on_is_held_for_with_all_that_was_before(gateway: Gateway) -> None:
    with sdk(gateway) as client:
        first = client.responses.create(model="small", input="one", max_output_tokens=100)
        client.responses.create(model="small", input="two", max_output_tokens=100, previous_response_id=first.id)
        client.responses.retrieve(first.id)
    assert until(lambda: len(gateway.audit()) == 3, 20.0)
    began, went_on, read = gateway.audit()
    (held_first, held_second) = (int(str(one["held_nano"])) for one in (began, went_on))
    bodies = [int(str(one["request_bytes"])) for one in (began, went_on)]
    assert held_second - held_first == (bodies[1] + 15 - bodies[0]) * 1000, "10 tokens in and 5 out were before"
    assert (went_on["input_tokens"], went_on["cost_nano"]) == (20, 20 * 1000 + 5 * 10_000)
    assert (read["operation"], read["cost_nano"], read["input_tokens"]) == ("stored_responses", 0, 0)
