"""Each text is asked about; what the server names is mapped, and what it cannot have found is no answer."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from torana.guardrails.presidio_server import AT_ONCE, PresidioServer, Settings
from torana.ports.guardrail import Answered, Finding, Request, Where

USER = Where("input", "user")
PERSON = {"entity_type": "PERSON", "start": 3, "end": 8, "score": 0.85, "analysis_explanation": None}


class Server:
    def __init__(self, *results: object, status: int = 200) -> None:
        self.body = json.dumps(list(results)).encode()
        self.status = status
        self.got: list[Request] = []
        self.now = self.most = 0

    async def __call__(self, request: Request, /) -> Answered:
        self.got.append(request)
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.001)
        self.now -= 1
        return Answered(self.status, self.body)


def asked(server: Any, **settings: Any) -> PresidioServer:
    return PresidioServer(Settings(**{"url": "http://presidio:3000/", **settings}), server)


async def test_the_analyser_is_asked_for_the_entities_of_the_kinds() -> None:
    server = Server(PERSON)
    guardrail = asked(server, kinds=("person", "passport"), threshold=0.4, language="de", allow_private=True)
    assert await guardrail.judge([("Hi Priya!", USER)]) == [[Finding("person", 3, 8, 0.85)]]
    (request,) = server.got
    assert request.url == "http://presidio:3000/analyze" and request.allow_private
    assert json.loads(request.body) == {
        "text": "Hi Priya!",
        "language": "de",
        "entities": ["PERSON", "IN_PASSPORT", "US_PASSPORT", "UK_PASSPORT"],
        "score_threshold": 0.4,
    }


async def test_each_text_is_asked_about_in_turn_but_not_all_at_once_and_empty_ones_are_not() -> None:
    server = Server(PERSON)
    found = await asked(server, kinds=("person",)).judge([("Hi Priya!", USER)] * 20 + [("", USER), (" \n", USER)])
    assert found == [[Finding("person", 3, 8, 0.85)]] * 20 + [[], []]
    assert len(server.got) == 20 and server.most == AT_ONCE


async def test_what_was_not_asked_for_or_is_not_sure_enough_is_left_out() -> None:
    others = [{**PERSON, "entity_type": "URL"}, {**PERSON, "entity_type": "IP_ADDRESS"}, {**PERSON, "score": 0.3}]
    assert await asked(Server(*others), kinds=("person",)).judge([("Hi Priya!", USER)]) == [[]]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"error": "x"}', b"[1]", b'[{"entity_type": "PERSON"}]'])
async def test_an_answer_that_is_no_list_of_results_is_none(body: bytes) -> None:
    server = Server()
    server.body = body
    with pytest.raises(ValueError):
        await asked(server).judge([("Hi Priya!", USER)])


@pytest.mark.parametrize("place", [{"end": 10}, {"start": -1}, {"score": 7}])
async def test_a_place_outside_the_text_is_no_answer(place: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        await asked(Server({**PERSON, **place})).judge([("Hi Priya!", USER)])


async def test_a_status_that_is_not_200_and_a_connection_that_fails_are_no_answer() -> None:
    with pytest.raises(OSError, match="500"):
        await asked(Server(status=500)).judge([("Hi", USER), ("Ho", USER)])

    async def away(request: Request, /) -> Answered:
        raise ConnectionRefusedError("nobody there")

    with pytest.raises(ConnectionRefusedError):
        await asked(away).judge([("Hi", USER)])


async def test_an_answer_that_comes_too_late_is_none() -> None:
    async def never(request: Request, /) -> Answered:
        await asyncio.Event().wait()
        return Answered(200, b"[]")

    with pytest.raises(TimeoutError):
        await asked(never, timeout_s=0.01).judge([("Hi", USER)])


def test_settings_that_lead_nowhere_are_refused() -> None:
    for wrong in [{"url": "presidio:3000"}, {"url": "http://presidio", "kinds": ("names",)}]:
        with pytest.raises(ValueError):
            Settings(**wrong)  # type: ignore[arg-type]
