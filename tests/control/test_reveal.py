"""What tokens stand for is told to who may, in one's own tenant, and that somebody asked is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.control import revealer
from tests.control.asking import Said, application, ask
from torana.control.admission import PREFIX
from torana.control.revealer import Wanted

TOKEN = "<EMAIL_0123abcd>"
UNKNOWN = "<PERSON_0123456789abcdef>"
GOOD: dict[str, Any] = {"tokens": [TOKEN], "conversation": "c1", "reason": "complaint 7"}


async def revealed(key: str = "auditor", **members: Any) -> Said:
    body = {name: value for name, value in {**GOOD, **members}.items() if value is not None}
    return await ask(application(), "POST", PREFIX + "/guardrails/reveal", key, json.dumps(body).encode())


async def test_known_tokens_are_told_and_the_others_named() -> None:
    said = await revealed(tokens=[TOKEN, UNKNOWN, TOKEN], reason="  complaint 7 ")
    assert said.body == {"values": {TOKEN: "ann@example.org"}, "unknown": [UNKNOWN]}
    assert revealer.asked[-1] == ("auditor", Wanted((TOKEN, UNKNOWN), "complaint 7", "c1"))


async def test_tokens_of_another_conversation_tenant_or_time_are_not_there() -> None:
    for members in ({"conversation": "c2"}, {"tokens": [UNKNOWN]}, {"conversation": None, "user": "c1"}):
        said = await revealed(**members)
        assert (said.status, said.body["error_code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("key", ["admin", "nobody", "security"])
async def test_no_other_permission_suffices(key: str) -> None:
    before = len(revealer.asked)
    said = await revealed(key)
    assert (said.status, said.body["error_code"]) == (403, "PERMISSION_DENIED")
    assert said.body["details"] == {"permission": "guardrails.reveal"}
    assert len(revealer.asked) == before


@pytest.mark.parametrize(
    "members",
    [
        {"reason": None}, {"reason": "  x "}, {"reason": "x" * 501}, {"reason": "two\nlines"}, {"tokens": []}, {"tokens": [TOKEN] * 101},
        {"tokens": ["ann@example.org"]}, {"tokens": [f"a {TOKEN}"]}, {"tokens": [TOKEN + "\n"]}, {"conversation": None}, {"user": "ann"},
        {"conversation": "x" * 513}, {"conversation": "c\u0000"}, {"tenant": "globex"},
    ],
)  # fmt: skip
async def test_what_says_not_whose_which_or_why_is_refused_and_not_repeated(members: dict[str, Any]) -> None:
    before = len(revealer.asked)
    said = await revealed(**members)
    assert (said.status, said.body["error_code"]) == (400, "REQUEST_INVALID")
    assert "ann@example.org" not in json.dumps(said.body)
    assert len(revealer.asked) == before


async def test_who_looked_is_listed_without_values_page_by_page() -> None:
    path = PREFIX + "/guardrails/reveals"
    said = await ask(application(), "GET", path + "?limit=2&cursor=9", "auditor")
    assert [one["id"] for one in said.body["items"]] == ["90", "91"]
    assert said.body["next_cursor"] == "91"
    assert said.body["items"][0] == {
        "id": "90", "at": "1970-01-01T00:00:01.500000Z", "by": "key-1 ann", "conversation": "conversation c1",
        "tokens": ["<A_01234567>"], "told": [], "reason": "a complaint",
    }  # fmt: skip
    assert (await ask(application(), "GET", path + "?limit=3", "auditor")).body["next_cursor"] is None
