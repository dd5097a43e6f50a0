"""What a finding leads to, and that no text of a request is overlooked."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.line.finders import Breaks, Finds
from tests.line.world import BODY, KEY_ENTRY, ScriptedSource, World, model, snapshot
from torana.core.call import Ask, Call, Chunk, Prompt, Reply
from torana.core.errors import GatewayError
from torana.core.json_texts import texts_of
from torana.core.tickets import Attempt, Caller, Grant, Rule
from torana.line.guard import Guard, Guards


def guards(**found: Guard) -> Guards:
    return Guards(found)


def passing(name: str, *rules: Rule | str) -> Grant:
    caller = Caller("acme", "key-1", KEY_ENTRY, user="ann")
    return Grant(caller, model(name), "default@1", tuple(Rule(one) if isinstance(one, str) else one for one in rules))


def asked(body: object = None) -> Call:
    return World().call(BODY if body is None else json.dumps(body).encode())


async def test_without_guardrails_the_body_goes_on_as_it_is_under_the_models_name() -> None:
    call = asked()
    prompt = await guards().inbound(passing("real-name"), call)
    assert isinstance(prompt, Prompt)
    assert prompt.body is call.body
    assert prompt.model == "real-name"
    assert call.trail.verdicts == []


async def test_a_block_refuses_and_names_rule_and_kinds_but_never_the_text() -> None:
    call = asked()
    with pytest.raises(GatewayError) as caught:
        await guards(w=Guard("w", Finds("hello"))).inbound(passing("m", "w"), call)
    error = caught.value
    assert error.code == "GUARDRAIL_BLOCKED"
    assert error.details == {"guardrail": "w", "kinds": ["word"]}
    assert "hello" not in error.message
    assert call.trail.verdicts == ["w:block"]


async def test_a_flag_is_recorded_and_lets_pass() -> None:
    call = asked()
    prompt = await guards(w=Guard("w", Finds("hello"))).inbound(passing("m", Rule("w", "flag")), call)
    assert prompt.body is call.body
    assert call.trail.verdicts == ["w:flag"]


async def test_guardrails_run_in_the_grants_order_and_stop_at_the_first_block() -> None:
    first, second, third = Finds("nothing"), Finds("hello"), Finds("hello")
    room = guards(a=Guard("a", first), b=Guard("b", second), c=Guard("c", third))
    call = asked()
    with pytest.raises(GatewayError):
        await room.inbound(passing("m", "a", "b", "c"), call)
    assert call.trail.verdicts == ["a:pass", "b:block"]
    assert first.shown and not third.shown


async def test_only_the_guardrails_of_the_grant_run() -> None:
    other = Finds("hello")
    await guards(o=Guard("o", other)).inbound(passing("m"), asked())
    assert other.shown == []


@pytest.mark.parametrize(
    "fault", [ValueError("hello"), TypeError(), KeyError("x"), ZeroDivisionError(), RecursionError()]
)
@pytest.mark.parametrize("mode", ["block", "flag"])
async def test_a_guardrail_that_breaks_lets_nothing_pass(fault: Exception, mode: str) -> None:
    call = asked()
    with pytest.raises(GatewayError) as caught:
        await guards(w=Guard("w", Breaks(fault))).inbound(passing("m", Rule("w", mode)), call)
    assert caught.value.details["kinds"] == ["not_evaluated"]
    assert "hello" not in caught.value.message
    assert call.trail.verdicts == ["w:not_evaluated"]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def strings_in(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [*value, *(text for inner in value.values() for text in strings_in(inner))]
    if isinstance(value, list):
        return [text for inner in value for text in strings_in(inner)]
    return []


@given(JSON)
def test_every_string_is_looked_at_keys_too(value: object) -> None:
    assert sorted(texts_of(json.dumps(value).encode())) == sorted(strings_in(value))


def test_a_member_that_is_there_twice_is_looked_at_twice() -> None:
    """A provider may read the first of them, a dict keeps the last."""
    body = b'{"messages":[{"role":"user","content":"bad words","content":"good words"}]}'
    assert {"bad words", "good words"} <= set(texts_of(body))


def test_an_integer_of_many_digits_is_no_fault_of_ours() -> None:
    assert "here" in set(texts_of(b'{"x":' + b"9" * 10_000 + b',"y":1e400,"z":"here"}'))


def test_escaped_text_is_looked_at_as_it_will_be_read() -> None:
    assert "hello" in set(texts_of(rb'{"a":"\u0068ello"}'))


def test_deep_nesting_below_the_dialects_bound_is_walked() -> None:
    deep = b'{"a":' * 500 + b'"bottom"' + b"}" * 500
    assert "bottom" in set(texts_of(deep))


async def test_the_outbound_side_hands_on_the_very_reply() -> None:
    world = World(snapshot())
    reply = Reply(Attempt(model().deployments[0], 1), 200, "openai_chat", True, ScriptedSource([]))
    prompt = Prompt(world.call(), "m", BODY)
    assert await world.rooms.guards.outbound(passing("m"), prompt, reply) is reply


async def test_an_answer_at_which_nobody_looks_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def unwanted(*_: object) -> bool:
        raise AssertionError("read for nobody")

    monkeypatch.setattr("torana.line.guard.is_clean", unwanted)
    room, call = guards(w=Guard("w", Finds("hello"))), asked()
    answer = Chunk(b'{"choices":[{"message":{"content":"hello"}}]}')
    reply = Reply(Attempt(model().deployments[0], 1), 200, "openai_chat", False, ScriptedSource([]), seen=(answer,))
    assert await room.outbound(passing("m", Rule("w", side="input")), Prompt(call, "m", BODY), reply) is reply
    assert call.trail.verdicts == []


TOKENS = Ask("m", unread="input")
"""What a request asks for whose member input holds token numbers."""


async def test_nothing_passes_whose_words_are_token_numbers() -> None:
    call = World().call(b'{"input":[1,2]}', ask=TOKENS)
    with pytest.raises(GatewayError) as caught:
        await guards(a=Guard("a", Finds("x")), w=Guard("w", Finds("x"))).inbound(
            passing("m", Rule("a", "flag", on_error="open"), "w"), call
        )
    assert caught.value.details == {"guardrail": "w", "kinds": ["not_evaluated"]}
    assert "input" in caught.value.message
    assert call.trail.verdicts == ["a:not_evaluated", "w:not_evaluated"]


async def test_token_numbers_pass_open_guardrails_unseen_but_what_stands_beside_them_does_not() -> None:
    room = guards(w=Guard("w", Finds("hello")))
    grant = passing("m", Rule("w", on_error="open"))
    call = World().call(b'{"input":[1,2]}', ask=TOKENS)
    await room.inbound(grant, call)
    assert call.trail.verdicts == ["w:not_evaluated"]
    call = World().call(b'{"input":[1,2],"user":"hello"}', ask=TOKENS)
    with pytest.raises(GatewayError):
        await room.inbound(grant, call)
    assert call.trail.verdicts == ["w:block"]


async def test_of_a_body_that_is_no_json_the_texts_named_by_its_dialect_are_looked_at() -> None:
    finds = Finds("secret")
    call = World().call(b"--b\r\n...", Ask("m", texts=("plain", "a secret")))
    with pytest.raises(GatewayError) as caught:
        await guards(words=Guard("words", finds)).inbound(passing("m", "words"), call)
    assert caught.value.code == "GUARDRAIL_BLOCKED"
    assert set(finds.shown) <= {"plain", "a secret"}


class Seen(Finds):
    """Where it looked."""

    def check(self, *text: Any, **more: Any) -> Any:
        self.thread = threading.get_ident()
        return super().check(*text, **more)


@pytest.mark.parametrize(("letters", "beside"), [(1_000, False), (20_000, True)])
async def test_a_closer_look_at_a_large_text_does_not_stop_other_requests(letters: int, beside: bool) -> None:
    guard = Seen("hello")
    body = {"model": "m", "messages": [{"role": "user", "content": "hello " + "a" * letters}]}
    await guards(w=Guard("w", guard)).inbound(passing("m", Rule("w", "flag")), asked(body))
    assert (guard.thread != threading.get_ident()) is beside
