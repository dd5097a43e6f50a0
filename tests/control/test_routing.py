"""The way a request would take, told to those who may know."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.control.asking import Said, application, ask
from torana.control.admission import PREFIX


async def explained(body: Any, key: str = "operator") -> Said:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await ask(application(), "POST", PREFIX + "/routing/explain", key, text)


async def test_the_plan_is_told_with_its_order_its_reasons_and_its_strategy() -> None:
    said = await explained({"model": "m", "needs": ["tools"], "stream": True, "user": "ann"})
    assert said.status == 200
    assert said.body == {
        "model": "m",
        "strategy": "sticky",
        "attempts": [
            {
                "number": 1,
                "provider": "p",
                "model": "m of ann with ['tools']",
                "region": "eu",
                "fallback": True,
                "canary": False,
                "only": "",
            }
        ],
        "dropped": [{"provider": "q", "model": "x", "reason": "breaker open"}],
        "note": "a note",
        "hedge_after_ms": None,
        "shadow": None,
        "policy": "default@1",
    }


async def test_a_conversation_may_be_asked_about() -> None:
    said = await explained({"conversation": "chat-7"})
    assert said.body["model"] == "default"
    assert said.body["attempts"][0]["model"] == "None of chat-7 with []"


async def test_a_model_that_is_not_there_is_said_in_our_words() -> None:
    said = await explained({"model": "gone"})
    assert (said.status, said.body["error_code"]) == (404, "MODEL_NOT_FOUND")


@pytest.mark.parametrize(
    ("body", "field"),
    [({"model": 7}, "model"), ({"modle": "m"}, "modle"), ({"needs": "tools"}, "needs"), ([], ""), (b"{", "1")],
)
async def test_a_body_of_another_shape_is_refused_in_our_words_without_repeating_it(body: Any, field: str) -> None:
    said = await explained(body)
    assert (said.status, said.body["error_code"]) == (400, "REQUEST_INVALID")
    assert said.body["details"] == {"field": field}


async def test_a_reader_of_the_system_may_not_read_routes() -> None:
    assert (await explained({"model": "m"}, "reader")).status == 403


async def test_headers_that_conditions_look_at_may_be_asked_about() -> None:
    said = await explained({"model": "m", "headers": {"x-region": "us"}})
    assert said.body["attempts"][0]["region"] == "us"


async def test_a_canary_a_shadow_and_a_hedge_are_told() -> None:
    said = await explained({"model": "trial"})
    assert said.body["attempts"][0]["canary"] is True
    assert said.body["hedge_after_ms"] == 800.0
    assert said.body["shadow"] == {"provider": "s", "model": "x", "percent": 25.0}
