"""A pool of two credentials, the first of which the provider refuses: callers notice nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model, provider
from tests.e2e.mocks import UPSTREAM_KEY, Aimock
from tests.e2e.process import until, written_lines
from tests.e2e.road import straight
from tests.e2e.shapes import HELLO
from torana.core.tickets import Attempted

pytestmark = straight
WRONG_KEY = "sk-upstream-revoked-51bd"
POOL = [{"api_key": WRONG_KEY}, {"api_key": UPSTREAM_KEY}]


@pytest.fixture
def pooled(aimock: Aimock, tmp_path: Path) -> Iterator[Gateway]:
    found = Gateway(
        tmp_path / "pooled",
        configuration(
            [
                provider("pool", aimock.origin, credentials=POOL),
                provider("alone", aimock.origin, api_key=WRONG_KEY),
            ],
            [
                model("pooled", "pool", Aimock.chat_model),
                model("alone", "alone", Aimock.chat_model),
                {
                    "name": "elsewhere",
                    "deployments": [
                        {"provider": "alone", "model": Aimock.chat_model, "priority": 1},
                        {"provider": "pool", "model": Aimock.chat_model, "priority": 2},
                    ],
                },
            ],
        ),
    )
    yield found
    assert found.process.stop() == 0, found.process.tail()


def sdk(gateway: Gateway) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{gateway.origin}/v1", api_key=CALLER_KEY, max_retries=0, timeout=20)


def tries(client: openai.OpenAI, name: str) -> int:
    """How many tries an answer took."""
    answer = client.chat.completions.with_raw_response.create(model=name, messages=HELLO)
    assert answer.parse().choices[0].message.content
    return int(answer.headers["x-torana-attempts"])


def tried(gateway: Gateway) -> list[list[tuple[str, str]]]:
    """Outcome and credential of every try, by request."""
    found = []
    for receipt in gateway.audit():
        attempts = [Attempted(*fields) for fields in receipt["attempts"]]  # type: ignore[attr-defined]
        found.append([(one.outcome, one.credential) for one in attempts])
    return found


def parkings(gateway: Gateway) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in written_lines(gateway.process.output()) if line.startswith("{")]
    return [line for line in lines if line["event"] == "credential.parked"]


def test_a_refused_credential_costs_one_try_once_and_is_then_left_out(pooled: Gateway) -> None:
    with sdk(pooled) as client:
        assert [tries(client, "pooled") for _ in range(4)] == [2, 1, 1, 1]
    assert until(lambda: len(pooled.audit()) == 4, 20.0)
    assert tried(pooled) == [[("401", "0"), ("ok", "1")], *[[("ok", "1")]] * 3]
    (parked,) = parkings(pooled)
    assert {key: parked[key] for key in ("level", "provider", "position", "status", "probed_in_s")} == {
        "level": "warning", "provider": "pool", "position": 0, "status": 401, "probed_in_s": 60,
    }  # fmt: skip
    assert WRONG_KEY not in pooled.left_behind()


def test_a_stream_takes_the_other_credential_too(pooled: Gateway) -> None:
    with sdk(pooled) as client:
        seen = list(client.chat.completions.create(model="pooled", messages=HELLO, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in seen if chunk.choices)


def test_a_provider_whose_only_credential_is_parked_is_not_asked_and_the_caller_learns_when_it_will_be(
    pooled: Gateway,
) -> None:
    with sdk(pooled) as client:
        told = []
        for _ in range(2):
            with pytest.raises(openai.InternalServerError) as caught:
                client.chat.completions.create(model="alone", messages=HELLO)
            told.append(caught.value)
    assert [error.status_code for error in told] == [502, 503]
    assert told[1].response.json()["error_code"] == "UPSTREAM_UNAVAILABLE"
    assert 0 < int(told[1].response.headers["retry-after"]) <= 60
    assert until(lambda: len(pooled.audit()) == 2, 20.0)
    assert tried(pooled)[1] == [("parked", "")]


def test_where_another_provider_has_the_model_a_parked_one_costs_no_request(pooled: Gateway) -> None:
    with sdk(pooled) as client:
        with pytest.raises(openai.InternalServerError):
            client.chat.completions.create(model="alone", messages=HELLO)
        assert tries(client, "pooled") == 2
        assert tries(client, "elsewhere") <= 2
    assert len(parkings(pooled)) == 2
