"""Nothing that is found leaves in a stream, not even its beginning; all else leaves byte for byte, and soon."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.line.finders import Asks, Breaks, Cards, Emails, Finds
from tests.line.streams import SPEECHES, Speech, chat, heard, sse, wires
from tests.line.world import BODY, KEY_ENTRY, ScriptedSource, World, model
from torana.core.call import Ask, Chunk, Prompt, Reply
from torana.core.errors import GatewayError
from torana.core.faults import ConnectionBroken
from torana.core.tickets import Attempt, Caller, Grant, Rule
from torana.core.trail import Trail
from torana.line.guard import Guard, Guards, Means
from torana.line.vault import MemoryVault
from torana.testing.clock import FakeClock

EACH = pytest.mark.parametrize("speech", SPEECHES, ids=lambda speech: speech.dialect)
TEXTS = [speech for speech in SPEECHES if not speech.arguments]
ARGUMENTS = [speech for speech in SPEECHES if speech.arguments]
EMAILS = {"pii": Guard("pii", Emails())}
CARDS = {"pii": Guard("pii", Cards())}
CHAT = SPEECHES[0]


class Stage:
    """One stream under guard."""

    def __init__(self, guards: Mapping[str, Guard], *rules: Rule, dialect: str = "openai_chat") -> None:
        self.clock = FakeClock()
        self.vault = MemoryVault(self.clock)
        self.room = Guards(guards, Means(b"k" * 32, self.vault))
        caller = Caller("acme", "key-1", KEY_ENTRY, user="ann")
        self.grant = Grant(caller, model(), "default@1", rules)
        self.dialect = dialect.removesuffix("_tools")
        self.trail: Trail = World().trail()
        self.sent: list[bytes] = []
        self.source = ScriptedSource([])

    async def play(self, chunks: Sequence[Chunk | bytes], body: bytes = BODY) -> list[bytes]:
        """What leaves, chunk by chunk."""
        call = World().call(body, Ask("m", stream=True))
        call.trail = self.trail
        prompt = Prompt(call, "m", body)
        given = [Chunk(one) if isinstance(one, bytes) else one for one in chunks]
        self.source = ScriptedSource(given)
        reply = Reply(Attempt(model().deployments[0], 1), 200, self.dialect, True, self.source)
        begun = reply.begun((await reply.source.__anext__(),))
        out = await self.room.outbound(self.grant, prompt, begun)
        for chunk in out.seen:
            self.sent.append(chunk.wire)
        async for chunk in out.source:
            self.sent.append(chunk.wire)
        return self.sent


def cuts(text: str) -> list[list[str]]:
    """The text cut in two at each place, and into single letters."""
    return [[text[:place], text[place:]] for place in range(1, len(text))] + [list(text)]


def grow(speech: Speech, sent: Sequence[bytes]) -> list[str]:
    """What the client has heard after each chunk."""
    return [heard(speech, b"".join(sent[: count + 1])) for count in range(len(sent))]


@EACH
async def test_a_clean_stream_leaves_byte_for_byte(speech: Speech) -> None:
    given = wires(speech, ["Hello ", "there, \u00e9\U0001f600 ", "{", "}", " friend."])
    sent = await Stage(EMAILS, Rule("pii", "redact"), dialect=speech.dialect).play(given)
    assert b"".join(sent) == b"".join(given)


@EACH
@pytest.mark.parametrize("mode", ["redact", "mask", "tokenise"])
async def test_wherever_a_finding_is_cut_no_part_of_it_leaves(speech: Speech, mode: str) -> None:
    said = '{"to": "ann.smith@example.org", "x": 1}' if speech.arguments else "Mail ann.smith@example.org now, please"
    for pieces in cuts(said):
        stage = Stage(EMAILS, Rule("pii", mode, "output"), dialect=speech.dialect)
        if mode == "tokenise":
            stage.room = Guards(EMAILS, Means(b"k" * 32, None))
        sent = await stage.play(wires(speech, pieces))
        instead = "a***@example.org" if mode == "mask" else "[EMAIL]"
        expected = said.replace("ann.smith@example.org", instead)
        for now in grow(speech, sent):
            assert expected.startswith(now), (pieces, now)
        assert heard(speech, b"".join(sent)) == expected
        assert b"ann.smith" not in b"".join(sent)
        assert stage.trail.verdicts == [f"pii:{mode}:output"]
        assert stage.trail.findings[0].kind == "email"


@EACH
async def test_wherever_a_finding_is_cut_a_block_ends_the_stream_before_it(speech: Speech) -> None:
    said = '{"to": "ann.smith@example.org", "x": 1}' if speech.arguments else "Mail ann.smith@example.org now, please"
    for pieces in cuts(said):
        stage = Stage(EMAILS, Rule("pii"), dialect=speech.dialect)
        with pytest.raises(GatewayError) as caught:
            await stage.play(wires(speech, pieces))
        assert caught.value.code == "GUARDRAIL_BLOCKED"
        assert caught.value.details == {"guardrail": "pii", "kinds": ["email"]}
        assert said.partition("ann")[0].startswith(heard(speech, b"".join(stage.sent)))
        assert stage.trail.verdicts == ["pii:block:output"]


@EACH
@pytest.mark.parametrize("mode", ["flag", "shadow"])
async def test_what_is_only_recorded_leaves_as_it_came(speech: Speech, mode: str) -> None:
    given = wires(speech, ["Mail ann@exam", "ple.org now, ", "please"])
    stage = Stage(EMAILS, Rule("pii", mode), dialect=speech.dialect)
    assert b"".join(await stage.play(given)) == b"".join(given)
    assert stage.trail.verdicts == [f"pii:{mode}:output"]
    assert {one.kind for one in stage.trail.findings} == {"email"}


@pytest.mark.parametrize("speech", ARGUMENTS, ids=lambda speech: speech.dialect)
async def test_escapes_in_arguments_hide_nothing(speech: Speech) -> None:
    said = r'{"to": "ann\u0040example.org", "x": "\n\"", "n": 4111111111111111}'
    guards = {"pii": Guard("pii", Emails()), "cards": Guard("cards", Cards())}
    for pieces in cuts(said):
        stage = Stage(guards, Rule("pii", "redact"), Rule("cards", "redact"), dialect=speech.dialect)
        sent = b"".join(await stage.play(wires(speech, pieces)))
        assert json.loads(heard(speech, sent)) == {"to": "[EMAIL]", "x": '\n"', "n": "[CREDIT_CARD]"}


@pytest.mark.parametrize("speech", SPEECHES[:7], ids=lambda speech: speech.dialect)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
async def test_however_bytes_and_pieces_are_cut_the_same_is_heard(speech: Speech, data: st.DataObject) -> None:
    words = st.sampled_from(
        ["hi ", "4111 1111 1111 1111", "4111111111111111 ", "12 ", "a@b.co", "x", "\u00e9", ", ", "9"]
    )
    said = "".join(data.draw(st.lists(words, max_size=8)))
    places = sorted(data.draw(st.sets(st.integers(0, max(len(said), 1)), max_size=12)))
    pieces = [said[one:two] for one, two in zip([0, *places], [*places, len(said)], strict=True)]
    guards = {"pii": Guard("pii", Emails()), "cards": Guard("cards", Cards())}
    rules = (Rule("pii", "redact"), Rule("cards", "mask"))
    sent = b"".join(await Stage(guards, *rules, dialect=speech.dialect).play(wires(speech, pieces)))
    whole = b"".join(await Stage(guards, *rules, dialect=speech.dialect).play(wires(speech, [said])))
    assert heard(speech, sent) == heard(speech, whole)
    assert "a@b.co" not in heard(speech, sent)


@EACH
async def test_chunks_may_be_cut_anywhere_in_their_bytes(speech: Speech) -> None:
    given = b"".join(wires(speech, ["Mail ann@exam", "ple.org now, please"]))
    for size in (1, 7, 50, len(given)):
        chunks = [given[start : start + size] for start in range(0, len(given), size)]
        sent = b"".join(await Stage(EMAILS, Rule("pii", "redact"), dialect=speech.dialect).play(chunks))
        assert heard(speech, sent) == "Mail [EMAIL] now, please"


async def test_no_more_is_held_back_than_may_be_part_of_a_finding() -> None:
    stage = Stage(EMAILS, Rule("pii", "redact"))
    pieces = [word + " " for word in "one two three four five six".split()]
    sent = await stage.play(wires(CHAT, pieces))
    assert len([wire for wire in sent if wire]) == len(wires(CHAT, pieces))
    heard_then = grow(CHAT, sent)
    assert heard_then[1:4] == ["one ", "one two ", "one two three "]


async def test_two_candidates_are_two_texts() -> None:
    def event(index: int, text: str) -> bytes:
        return sse({"choices": [{"index": index, "delta": {"content": text}}]})

    given = [event(0, "ann@exam"), event(1, "bob@"), event(0, "ple.org x "), event(1, "host.net y ")]
    sent = b"".join(await Stage(EMAILS, Rule("pii", "redact")).play(given))
    assert b"ple.org" not in sent and b"host" not in sent
    assert sent.count(b"[EMAIL]") == 2


async def test_log_probabilities_of_replaced_letters_do_not_leave() -> None:
    odds = {"content": [{"token": "ann@", "logprob": -1, "bytes": [97], "top_logprobs": []}]}
    given = [
        sse(chat({"content": "ann@"}, logprobs=odds)),
        sse(chat({"content": "b.org x "}, logprobs=None)),
        sse("[DONE]"),
    ]
    sent = b"".join(await Stage(EMAILS, Rule("pii", "redact")).play(given))
    assert b"ann@" not in sent
    assert b'"logprobs": null' in sent


async def test_what_a_guardrail_needs_whole_waits_for_its_sentence_or_its_end() -> None:
    judge = Asks("bad")
    given = wires(CHAT, ["Good. ", "And a ", "bad thing. ", "Fine"])
    for unit, asked in (("sentence", 3), ("whole", 1)):
        judge.asked.clear()
        stage = Stage({"j": Guard("j", judge, unit=unit, price="slow")}, Rule("j", "redact"))
        sent = await stage.play(given)
        assert heard(CHAT, b"".join(sent)) == "Good. And a [JUDGED] thing. Fine"
        assert len(judge.asked) == asked


async def test_a_stream_that_waits_for_its_end_says_that_it_is_alive() -> None:
    stage = Stage({"j": Guard("j", Asks("bad"), unit="whole", price="slow")}, Rule("j"))
    stage.room = Guards(
        {"j": Guard("j", Asks("bad"), unit="whole", price="slow")}, Means(clock=stage.clock, silent=frozenset({"mute"}))
    )
    call = World().call(BODY, Ask("m", stream=True))
    for dialect, comments in (("openai_chat", 2), ("mute", 0)):
        steps: list[Any] = []
        for wire in wires(CHAT, ["one "] * 9):
            steps += (Chunk(wire), lambda: stage.clock.advance(3.0))
        reply = Reply(Attempt(model().deployments[0], 1), 200, dialect, True, ScriptedSource(steps))
        out = await stage.room.outbound(stage.grant, Prompt(call, "m", BODY), reply)
        sent = b"".join([chunk.wire async for chunk in out.source])
        assert sent.count(b": keep-alive\n\n") == comments
        assert sent.replace(b": keep-alive\n\n", b"") == b"".join(wires(CHAT, ["one "] * 9))


async def test_a_judge_that_refuses_ends_the_stream_before_its_sentence() -> None:
    stage = Stage({"j": Guard("j", Asks("bad"), unit="sentence", price="slow")}, Rule("j"))
    with pytest.raises(GatewayError):
        await stage.play(wires(CHAT, ["Good. ", "And a ", "bad thing. ", "Fine"]))
    assert heard(CHAT, b"".join(stage.sent)) == "Good. And a "


@pytest.mark.parametrize(("on_error", "passes"), [("closed", False), ("open", True)])
async def test_a_guardrail_that_breaks_in_a_stream_does_what_its_policy_says(on_error: str, passes: bool) -> None:
    given = wires(CHAT, ["Hello ", "there"])
    stage = Stage({"w": Guard("w", Breaks(ValueError("secret")))}, Rule("w", "redact", on_error=on_error))
    if passes:
        assert b"".join(await stage.play(given)) == b"".join(given)
    else:
        with pytest.raises(GatewayError) as caught:
            await stage.play(given)
        assert caught.value.details["kinds"] == ["not_evaluated"]
        assert heard(CHAT, b"".join(stage.sent)) == ""
    assert stage.trail.verdicts == ["w:not_evaluated:output"]


@EACH
async def test_tokens_in_a_stream_become_what_they_stand_for(speech: Speech) -> None:
    guards = EMAILS
    rule = Rule("pii", "tokenise", "input")
    stage = Stage(guards, rule, dialect=speech.dialect)
    call = World().call(json.dumps({"messages": [{"role": "user", "content": 'I am "q"@no or ann@b.org'}]}).encode())
    prompt = await stage.room.inbound(stage.grant, call)
    token = json.loads(prompt.body)["messages"][0]["content"].split()[-1]
    assert token.startswith("<EMAIL_") and b"ann@b.org" not in prompt.body
    said = f'{{"to": "{token}"}}' if speech.arguments else f"Hello {token}, a < b and <EMAIL"
    for pieces in cuts(said):
        stage.sent.clear()
        sent = b"".join(await stage.play(wires(speech, pieces)))
        assert heard(speech, sent) == said.replace(token, "ann@b.org")


async def test_when_the_provider_breaks_off_what_was_held_back_leaves_first() -> None:
    stage = Stage(EMAILS, Rule("pii", "redact"))
    call = World().call(BODY, Ask("m", stream=True))
    source = ScriptedSource([*map(Chunk, wires(CHAT, ["so ann@b.org", " it", " is"])[:4]), ConnectionBroken("gone")])
    reply = Reply(Attempt(model().deployments[0], 1), 200, "openai_chat", True, source)
    out = await stage.room.outbound(stage.grant, Prompt(call, "m", BODY), reply)
    sent = b""
    with pytest.raises(ConnectionBroken):
        async for chunk in out.source:
            sent += chunk.wire
    assert heard(CHAT, sent) == "so [EMAIL] it is"


async def test_an_answer_that_is_no_stream_of_events_is_judged_at_its_end() -> None:
    given = [b'{"text": "an', b'n@b.org"}\n{"text": "', b'fine"}\n']
    sent = await Stage(EMAILS, Rule("pii", "redact"), dialect="passthrough").play(given)
    assert b"".join(sent) == b'{"text": "[EMAIL]"}\n{"text": "fine"}\n'
    array = [b'[{"candidates": [{"content": {"parts": [{"text": "ann@b', b'.org"}]}}]}\n,\n{"x": 1}]']
    sent = await Stage(EMAILS, Rule("pii", "redact"), dialect="passthrough").play(array)
    assert json.loads(b"".join(sent))[0]["candidates"][0]["content"]["parts"] == [{"text": "[EMAIL]"}]


async def test_a_stream_of_a_dialect_that_nobody_knows_is_guarded_piece_by_piece() -> None:
    given = [sse({"token": {"t": piece}}) for piece in ("I am ann", "@b.or", "g today", " ok")]
    sent = b"".join(await Stage(EMAILS, Rule("pii", "redact"), dialect="passthrough").play(given))
    assert b"ann" not in sent and b"b.or" not in sent and b"[EMAIL]" in sent and b" ok" in sent


async def test_counters_that_change_from_event_to_event_change_nothing() -> None:
    def event(number: int, index: int, text: str) -> bytes:
        return sse(
            {"type": "response.output_text.delta", "sequence_number": number, "output_index": index, "delta": text}
        )

    given = [
        event(1, 0, "ann@"),
        event(22, 0, "b.org "),
        event(333, 1, "bob@"),
        event(4444, 0, "x "),
        event(5, 1, "c.de "),
    ]
    sent = b"".join(await Stage(EMAILS, Rule("pii", "redact"), dialect="openai_responses").play(given))
    assert sent.count(b"[EMAIL]") == 2
    assert [f'"sequence_number": {n},'.encode() in sent for n in (1, 22, 333, 4444, 5)] == [True] * 5


async def test_what_was_held_back_when_the_stream_is_cut_is_told_as_unsent() -> None:
    stage = Stage({"w": Guard("w", Finds("bad"))}, Rule("w"))
    call = World().call(BODY, Ask("m", stream=True))
    source = ScriptedSource([Chunk(one) for one in wires(CHAT, ["so ", "ba", "d"])])
    reply = Reply(Attempt(model().deployments[0], 1), 200, "openai_chat", True, source)
    out = await stage.room.outbound(stage.grant, Prompt(call, "m", BODY), reply)
    with pytest.raises(GatewayError):
        async for _ in out.source:
            pass
    unsent: Any = out.source
    assert len(unsent.unsent()) == 3
    await out.source.aclose()
    assert source.closed
