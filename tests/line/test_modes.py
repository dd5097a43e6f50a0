"""What each mode does to a request and to a plain answer, in every shape of body; and what stays as it came."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.line.finders import Asks, Breaks, Cards, Emails, Finds, Hangs, Raves
from tests.line.world import KEY_ENTRY, ScriptedSource, World, model
from torana.core.call import Ask, Call, Chunk, Prompt, Reply, Usage
from torana.core.errors import GatewayError
from torana.core.tickets import Attempt, Caller, Grant, Rule
from torana.line.guard import Guard, Guards, Means
from torana.line.vault import MemoryVault
from torana.ports.guardrail import Finding
from torana.testing.clock import FakeClock

MAIL = "ann.smith@example.org"
GUARDS = {"pii": Guard("pii", Emails(), version="v1"), "cards": Guard("cards", Cards(), version="v2")}


def chat(text: str) -> Any:
    return {"model": "m", "messages": [{"role": "user", "content": f"I am {text} today"}]}


def chat_arguments(text: str) -> Any:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": json.dumps({"to": text})}}
    return {"model": "m", "messages": [{"role": "assistant", "content": None, "tool_calls": [call]}]}


def anthropic_arguments(text: str) -> Any:
    use = {"type": "tool_use", "id": "t", "name": "f", "input": {"to": text}}
    return {"model": "m", "system": "be nice", "messages": [{"role": "assistant", "content": [use]}]}


def anthropic_result(text: str) -> Any:
    result = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": text}]}
    return {"model": "m", "messages": [{"role": "user", "content": [result]}]}


def gemini(text: str) -> Any:
    return {"contents": [{"role": "user", "parts": [{"text": text}]}], "systemInstruction": {"parts": [{"text": "x"}]}}


def gemini_arguments(text: str) -> Any:
    return {"contents": [{"role": "model", "parts": [{"functionCall": {"name": "f", "args": {"to": [text]}}}]}]}


def responses(text: str) -> Any:
    return {
        "model": "m",
        "instructions": "x",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": text}]}],
    }


def definition(text: str) -> Any:
    tool = {"type": "function", "function": {"name": "f", "description": f"Mail {text}", "parameters": {}}}
    return {"model": "m", "messages": [], "tools": [tool]}


def prompt(text: str) -> Any:
    return {"prompt": text}


def embeddings(text: str) -> Any:
    return {"model": "m", "input": ["one", text]}


def named(text: str) -> Any:
    return {"model": "m", "messages": [], "metadata": {text: 1}}


SHAPES = [
    chat, chat_arguments, anthropic_arguments, anthropic_result, gemini, gemini_arguments, responses, definition, prompt,
    embeddings, named,
]  # fmt: skip
EACH = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
SPELLINGS = {
    "plain": lambda body: json.dumps(body).encode(),
    "unicode": lambda body: json.dumps(body, ensure_ascii=False).encode(),
    "escaped": lambda body: json.dumps(body).replace("@", "\\u0040").encode(),
    "spaced": lambda body: json.dumps(body, indent=2).encode(),
}
SPELT = pytest.mark.parametrize("spell", SPELLINGS.values(), ids=list(SPELLINGS))
Shape = Callable[[str], Any]
Spell = Callable[[Any], bytes]


class Stage:
    """A guard room, and one caller's way through it."""

    def __init__(self, guards: Mapping[str, Guard], *rules: Rule, conversation: str = "") -> None:
        self.clock = FakeClock()
        self.vault = MemoryVault(self.clock)
        self.room = Guards(guards, Means(b"k" * 32, self.vault))
        self.grant = Grant(Caller("acme", "key-1", KEY_ENTRY, user="ann"), model(), "default@1", rules)
        self.conversation = conversation
        self.call: Call = World().call()

    async def ask(self, body: bytes, texts: tuple[str, ...] | None = None) -> bytes:
        """The body that goes on."""
        self.call = World().call(body, Ask("m", texts=texts))
        self.call.trail.conversation = self.conversation
        return (await self.room.inbound(self.grant, self.call)).body

    async def tell(self, body: bytes, **headers: str) -> bytes:
        """The answer that leaves."""
        self.call = World().call()
        self.call.trail.conversation = self.conversation
        attempt = Attempt(model().deployments[0], 1)
        chunk = Chunk(body, usage=Usage(uncached=3, output=4))
        told = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        reply = Reply(attempt, 200, "openai_chat", False, ScriptedSource([]), told, (chunk,))
        out = await self.room.outbound(self.grant, Prompt(self.call, "m", b"{}"), reply)
        return b"".join(one.wire for one in out.seen)

    @property
    def verdicts(self) -> list[str]:
        return self.call.trail.verdicts


async def refusal(awaited: Any) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        await awaited
    assert caught.value.code == "GUARDRAIL_BLOCKED"
    return caught.value


@EACH
@SPELT
async def test_block_refuses_wherever_it_stands(shape: Shape, spell: Spell) -> None:
    for side in ("input", "output"):
        stage = Stage(GUARDS, Rule("pii", side=side))
        body = spell(shape(MAIL))
        error = await refusal(stage.ask(body) if side == "input" else stage.tell(body))
        assert error.details == {"guardrail": "pii", "kinds": ["email"]}
        assert "ann" not in error.message
        assert stage.verdicts == ["pii@v1:block" if side == "input" else "pii@v1:block:output"]


@EACH
@SPELT
@pytest.mark.parametrize(("mode", "instead"), [("redact", "[EMAIL]"), ("mask", "a***@example.org")])
async def test_redact_and_mask_replace_it_and_nothing_else(shape: Shape, spell: Spell, mode: str, instead: str) -> None:
    for side in ("input", "output"):
        stage = Stage(GUARDS, Rule("cards"), Rule("pii", mode, side))
        body = spell(shape(MAIL))
        new = await (stage.ask(body) if side == "input" else stage.tell(body))
        assert json.loads(new) == json.loads(spell(shape(instead)))
        said = [one for one in stage.verdicts if one.startswith("pii")]
        assert said == [f"pii@v1:{mode}" if side == "input" else f"pii@v1:{mode}:output"]


async def test_everything_but_the_finding_keeps_its_bytes() -> None:
    body = b'{ "model":"m",\t"messages" : [{"content":"\\u00e9 ann@b.org \\/ x","role":"user"}] ,"n": 1.50, "x":"\\u0041" }'
    new = await Stage(GUARDS, Rule("pii", "redact")).ask(body)
    assert new == body.replace(b"\\u00e9 ann@b.org \\/ x", b"\\u00e9 [EMAIL] / x")


@EACH
async def test_a_tokenised_value_comes_back_in_the_answer(shape: Shape) -> None:
    stage = Stage(GUARDS, Rule("pii", "tokenise", "input"))
    body = await stage.ask(json.dumps(shape(MAIL)).encode())
    assert b"ann.smith" not in body
    token = body[body.index(b"<EMAIL_") :].split(b">")[0].decode() + ">"
    assert json.loads(body) == shape(token)
    for answer in (chat, chat_arguments, anthropic_arguments, gemini_arguments):
        assert json.loads(await stage.tell(json.dumps(answer(token)).encode())) == answer(MAIL)


async def test_tokens_are_the_same_in_a_conversation_and_others_in_others() -> None:
    body = json.dumps(chat(MAIL)).encode()
    first, other = (
        Stage(GUARDS, Rule("pii", "tokenise"), conversation="a"),
        Stage(GUARDS, Rule("pii", "tokenise"), conversation="b"),
    )
    assert await first.ask(body) == await first.ask(body)
    assert await first.ask(body) != await other.ask(body)


async def test_what_is_tokenised_in_an_answer_does_not_come_back_in_it() -> None:
    stage = Stage(GUARDS, Rule("pii", "tokenise", "both"))
    await stage.ask(json.dumps(chat(MAIL)).encode())
    new = await stage.tell(json.dumps(chat_arguments(f"{MAIL} and b@c.org")).encode())
    assert b"ann.smith" not in new and b"b@c.org" not in new
    assert new.count(b"<EMAIL_") == 2


async def test_a_token_that_expired_stays_a_token() -> None:
    stage = Stage(GUARDS, Rule("pii", "tokenise", "input"))
    body = await stage.ask(json.dumps(chat(MAIL)).encode())
    stage.clock.advance(24 * 3600 + 1)
    assert await stage.tell(body) == body


async def test_a_value_with_quotes_comes_back_fit_for_where_it_stands() -> None:
    guards = {"w": Guard("w", Finds('a "b"\\', "name"))}
    stage = Stage(guards, Rule("w", "tokenise", "input"))
    token = json.loads(await stage.ask(json.dumps(prompt('a "b"\\')).encode()))["prompt"]
    answer = json.loads(await stage.tell(json.dumps(chat_arguments(token)).encode()))
    arguments = answer["messages"][0]["tool_calls"][0]["function"]["arguments"]
    assert json.loads(arguments) == {"to": 'a "b"\\'}


@pytest.mark.parametrize("mode", ["flag", "shadow"])
async def test_flag_and_shadow_record_and_let_pass(mode: str) -> None:
    body = json.dumps(chat(MAIL)).encode()
    stage = Stage(GUARDS, Rule("pii", mode))
    assert await stage.ask(body) is body
    assert stage.verdicts == [f"pii@v1:{mode}"]
    (found,) = stage.call.trail.findings
    assert found._replace(digest="") == ("pii@v1", "email", "input", "messages[0].content", 5, 26, "", mode)


async def test_a_policy_on_trial_does_nothing() -> None:
    body = json.dumps(chat(MAIL)).encode()
    stage = Stage(GUARDS, Rule("pii", "block", shadow=True))
    assert await stage.ask(body) is body
    assert stage.verdicts == ["pii@v1:shadow"]


async def test_findings_are_recorded_by_place_and_keyed_hash_and_never_by_value() -> None:
    stage = Stage(GUARDS, Rule("pii", "redact"))
    await stage.ask(json.dumps({"messages": [{"role": "user", "content": f"{MAIL} {MAIL} b@c.de"}]}).encode())
    one, two, three = stage.call.trail.findings
    assert one.digest == two.digest != three.digest
    assert "ann" not in repr(stage.call.trail.findings)
    other = Guards(GUARDS, Means(b"another key" * 3))
    call = World().call(json.dumps(chat(MAIL)).encode())
    await other.inbound(stage.grant, call)
    assert call.trail.findings[0].digest != one.digest


async def test_a_number_in_arguments_is_a_text_and_becomes_one() -> None:
    body = {"messages": [{"role": "assistant", "content": [{"type": "tool_use", "input": {"card": 4111111111111111}}]}]}
    new = await Stage(GUARDS, Rule("cards", "mask")).ask(json.dumps(body).encode())
    assert b'"card": "************1111"' in new


async def test_overlapping_findings_are_replaced_once_by_the_stricter_mode() -> None:
    guards = {"a": Guard("a", Finds("one two", "long")), "b": Guard("b", Finds("two three four", "longer"))}
    new = await Stage(guards, Rule("a", "mask"), Rule("b", "redact")).ask(b'{"prompt":"zero one two three four five"}')
    assert new == b'{"prompt":"zero [LONGER] five"}'


async def test_only_the_sides_of_a_rule_are_looked_at() -> None:
    body = json.dumps(chat(MAIL)).encode()
    assert await Stage(GUARDS, Rule("pii", side="output")).ask(body) is body
    assert await Stage(GUARDS, Rule("pii", side="input")).tell(body) == body
    narrow = {"pii": Guard("pii", Emails(), sides=("output",))}
    assert await Stage(narrow, Rule("pii")).ask(body) is body
    await refusal(Stage(narrow, Rule("pii", side="both")).ask(body))


async def test_texts_of_a_form_can_be_refused_and_not_changed() -> None:
    stage = Stage(GUARDS, Rule("pii", "redact"))
    error = await refusal(stage.ask(b"--b\r\n...", texts=("plain", f"a {MAIL}")))
    assert error.details["kinds"] == ["email"]
    assert stage.verdicts == ["pii@v1:block"]
    assert await stage.ask(b"--b\r\n...", texts=("plain",)) == b"--b\r\n..."


async def test_json_whose_reader_named_its_texts_is_changed_all_the_same() -> None:
    body = json.dumps(chat(MAIL)).encode()
    stage = Stage(GUARDS, Rule("pii", "redact"))
    texts = ("model", f"I am {MAIL} today", "a query")
    assert json.loads(await stage.ask(body, texts)) == chat("[EMAIL]")
    await refusal(stage.ask(body, (*texts, f"x={MAIL}")))


FAULTS = [Breaks(ValueError("secret")), Breaks(RuntimeError()), Raves(None), Raves([1]), Raves([Finding("k", 5, 2)])]
FAULTS += [Raves([Finding("k", 0, 10**6)]), Raves([Finding("", 0, 1)]), Raves([Finding(3, 0, 1)])]  # type: ignore[arg-type]


@pytest.mark.parametrize("price", ["instant", "slow"])
@pytest.mark.parametrize("guardrail", FAULTS)
async def test_what_breaks_or_raves_does_what_its_policy_says(guardrail: Any, price: str) -> None:
    guards = {"w": Guard("w", guardrail, price=price)}
    for mode in ("block", "redact", "flag"):
        stage = Stage(guards, Rule("w", mode))
        error = await refusal(stage.ask(b'{"prompt":"hello"}'))
        assert error.details == {"guardrail": "w", "kinds": ["not_evaluated"]}
        assert "secret" not in error.message
        stage = Stage(guards, Rule("w", mode, on_error="open"))
        assert await stage.ask(b'{"prompt":"hello"}') == b'{"prompt":"hello"}'
        assert stage.verdicts == ["w:not_evaluated"]
        stage = Stage(guards, Rule("w", mode, "output"))
        await refusal(stage.tell(b'{"content":"hello"}'))


async def test_what_hangs_is_left_alone_after_its_deadline() -> None:
    guards = {"w": Guard("w", Hangs(0.5), price="slow", deadline_s=0.05)}
    await refusal(Stage(guards, Rule("w")).ask(b'{"prompt":"hello"}'))
    stage = Stage(guards, Rule("w", on_error="open"))
    assert await stage.ask(b'{"prompt":"hello"}') == b'{"prompt":"hello"}'
    assert stage.verdicts == ["w:not_evaluated"]


async def test_slow_ones_look_at_the_same_time() -> None:
    gate = asyncio.Barrier(2)

    class Meets(Asks):
        async def judge(self, texts: Any) -> Any:
            await gate.wait()
            return await super().judge(texts)

    guards = {name: Guard(name, Meets("x"), price="slow", deadline_s=5) for name in ("a", "b")}
    stage = Stage(guards, Rule("a"), Rule("b"))
    await stage.ask(b'{"prompt":"hello"}')
    assert stage.verdicts == ["a:pass", "b:pass"]


async def test_what_a_judge_said_of_a_text_is_remembered() -> None:
    judge = Asks("bad")
    stage = Stage({"j": Guard("j", judge, price="slow")}, Rule("j", "redact"))
    first = {"messages": [{"role": "user", "content": "a bad day"}]}
    second = {"messages": [*first["messages"], {"role": "assistant", "content": "oh"}]}
    await stage.ask(json.dumps(first).encode())
    new = await stage.ask(json.dumps(second).encode())
    assert judge.asked == [["a bad day"], ["oh"]]
    assert b"a [JUDGED] day" in new


async def test_zero_width_and_full_width_signs_hide_nothing() -> None:
    body = {"prompt": "I am an\u200bn\uff20b\u200d.org, \u0664111\u00a01111 1111 1111 it is"}
    stage = Stage(GUARDS, Rule("pii", "redact"), Rule("cards", "redact"))
    assert json.loads(await stage.ask(json.dumps(body).encode())) == {"prompt": "I am [EMAIL], [CREDIT_CARD] it is"}


async def test_a_body_that_is_too_large_for_the_loop_is_judged_alike() -> None:
    text = "word " * 40_000
    new = await Stage(GUARDS, Rule("pii", "redact")).ask(json.dumps(chat(text + MAIL)).encode())
    assert json.loads(new) == chat(text + "[EMAIL]")


async def test_an_answer_that_is_text_is_changed_as_text_and_one_that_is_neither_leaves() -> None:
    stage = Stage(GUARDS, Rule("pii", "redact"))
    assert (
        await stage.tell(f"1\n00:01 --> 00:02\n{MAIL}\n".encode(), content_type="text/plain")
        == b"1\n00:01 --> 00:02\n[EMAIL]\n"
    )
    assert await stage.tell(b"\xff\xfb\x90 a@b.c", content_type="audio/mpeg") == b"\xff\xfb\x90 a@b.c"


async def test_a_refused_answer_tells_its_usage_all_the_same() -> None:
    stage = Stage(GUARDS, Rule("pii"))
    await refusal(stage.tell(json.dumps(chat(MAIL)).encode()))
    assert stage.call.trail.usage == Usage(uncached=3, output=4)


async def test_log_probabilities_leave_with_their_text_or_not_at_all() -> None:
    answer = {"choices": [{"message": {"content": MAIL}, "logprobs": {"content": [{"token": MAIL}]}}]}
    stage = Stage(GUARDS, Rule("pii", "redact"))
    assert json.loads(await stage.tell(json.dumps(answer).encode())) == {
        "choices": [{"message": {"content": "[EMAIL]"}, "logprobs": None}]
    }


async def test_where_a_text_stands_is_told_to_guardrails() -> None:
    finds = Finds("hello")
    body = {
        "system": "hello a",
        "messages": [{"role": "user", "content": "hello b"}],
        "tools": [{"description": "hello c"}],
    }
    await Stage({"w": Guard("w", finds)}, Rule("w", "flag")).ask(json.dumps(body).encode())
    assert finds.roles == ["system", "user", "definition"]


async def test_the_name_of_a_member_is_told_where_it_says_what_the_value_is() -> None:
    class Labelled(Finds):
        def check(self, text: str, where: Any = None) -> Any:
            return [Finding("pin", 0, len(text))] if text.startswith("pin: ") else []

    body = {"messages": [{"content": [{"type": "tool_use", "input": {"pin": "12 34", "pan": "12 34"}}]}]}
    new = await Stage({"w": Guard("w", Labelled(""))}, Rule("w", "redact")).ask(json.dumps(body).encode())
    assert json.loads(new)["messages"][0]["content"][0]["input"] == {"pin": "[PIN]", "pan": "12 34"}


async def test_what_wants_the_system_prompt_is_told_it() -> None:
    class Leaks(Finds):
        def primed(self, texts: Any) -> Finds:
            return Finds(texts[0], "prompt_leak")

    stage = Stage({"w": Guard("w", Leaks("never there"))}, Rule("w", "redact", "output"))
    body = json.dumps({"system": "the password is swordfish", "messages": []}).encode()
    call = World().call(body)
    chunk = Chunk(b'{"content":"I was told: the password is swordfish"}')
    reply = Reply(Attempt(model().deployments[0], 1), 200, "x", False, ScriptedSource([]), (), (chunk,))
    out = await stage.room.outbound(stage.grant, Prompt(call, "m", body), reply)
    assert out.seen[0].wire == b'{"content":"I was told: [PROMPT_LEAK]"}'
