"""What a provider says in its refusal is an answer too: guardrails of answers look at it before the caller reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.line.finders import Breaks, Emails
from tests.line.test_guarded import GUARDS, MAIL, stream, visited
from tests.line.world import AT_ONCE, Script, ScriptedProvider, World, model, snapshot
from torana.core.faults import StatusFault
from torana.core.tickets import Rule
from torana.line.guard import Guard, Guards, Means
from torana.line.vault import MemoryVault


def fault(status: int = 400, *, words: str = f"no such user: {MAIL}", dialect: str = "openai_chat") -> StatusFault:
    body = json.dumps({"error": {"message": words, "type": "invalid_request_error", "param": words, "code": None}})
    return StatusFault(status, body.replace("@", "\\u0040").encode(), dialect=dialect)


def refusing(*rules: Rule, fault: StatusFault, guards: Any = GUARDS) -> World:
    facts: dict[str, Any] = {"limits": (AT_ONCE,), "guardrails": rules}
    return World(snapshot(model(), **facts), {"p": ScriptedProvider(Script(before=[fault]))}, guards=guards)


@pytest.mark.parametrize("dialect", ["openai_chat", "anthropic_messages"])
@pytest.mark.parametrize("status", [400, 413, 422])
async def test_what_is_found_in_a_refusal_is_replaced(status: int, dialect: str) -> None:
    at = refusing(Rule("pii", "redact", "output"), fault=fault(status, dialect=dialect))
    visit = await visited(at)
    assert visit.status == status
    assert MAIL.encode() not in visit.text and b"\\u0040" not in visit.text
    assert visit.json()["error"]["message"] == "no such user: [EMAIL]"
    assert len(at.providers["p"].attempts) == 1
    (receipt,) = at.recorder.receipts
    assert (receipt.ending, receipt.cost_nano) == ("upstream_error", 0)
    assert receipt.verdicts == ["pii@v1:redact:output"]
    assert {(one.kind, one.side) for one in receipt.findings} == {("email", "output")}


async def test_a_refusal_that_a_guardrail_blocks_is_told_without_the_words_of_the_provider() -> None:
    at = refusing(Rule("pii", "block", "output"), fault=fault())
    visit = await visited(at)
    said = visit.json()
    assert (visit.status, said["error_code"]) == (400, "REQUEST_INVALID")
    assert b"ann" not in visit.text
    assert "withheld" in said["message"] and "pii" in said["message"]
    assert said["details"] == {"upstream_status": 400, "withheld": {"guardrail": "pii", "kinds": ["email"]}}
    assert len(at.providers["p"].attempts) == 1
    (receipt,) = at.recorder.receipts
    assert (receipt.ending, receipt.error_code) == ("upstream_error", "REQUEST_INVALID")
    assert receipt.verdicts == ["pii@v1:block:output"]


async def test_a_refusal_at_which_nobody_could_look_is_told_without_the_words_of_the_provider() -> None:
    broken = {"pii": Guard("pii", Breaks(ValueError("a bug")), version="v1")}
    at = refusing(Rule("pii", "redact", "output"), fault=fault(), guards=broken)
    visit = await visited(at)
    assert visit.status == 400 and b"ann" not in visit.text
    assert at.recorder.receipts[0].verdicts == ["pii@v1:not_evaluated:output"]


async def test_a_refusal_nested_too_deep_to_be_read_is_told_without_the_words_of_the_provider() -> None:
    deep = b'{"error":{"message":"' + MAIL.encode() + b'","x":' + b"[" * 5000 + b"]" * 5000 + b"}}"
    at = refusing(Rule("pii", "redact", "output"), fault=StatusFault(400, deep, dialect="openai_chat"))
    visit = await visited(at)
    assert visit.status == 400 and b"ann" not in visit.text


async def test_what_the_caller_said_comes_back_in_a_refusal_as_it_was() -> None:
    at = refusing(Rule("pii", "tokenise"), fault=fault(words="bad"))

    class Echoes(ScriptedProvider):
        async def send(self, attempt: Any, prompt: Any) -> Any:
            said = json.loads(prompt.body)["messages"][0]["content"]
            assert MAIL not in said
            self.scripts = [Script(before=[fault(words=f"cannot read: {said}")])]
            return await super().send(attempt, prompt)

    at.providers["p"] = provider = Echoes()
    at.rooms = at.build(guards=Guards(GUARDS, Means(b"k" * 32, MemoryVault(at.clock))))
    visit = await visited(at, messages=[{"role": "user", "content": f"I am {MAIL}"}])
    assert visit.json()["error"]["message"] == f"cannot read: I am {MAIL}"
    assert provider.attempts


async def test_a_refusal_passes_as_it_came_where_nobody_looks_at_answers() -> None:
    at = refusing(Rule("pii", "redact", "input"), fault=fault())
    visit = await visited(at)
    assert visit.json()["error"]["message"] == f"no such user: {MAIL}"
    assert at.recorder.receipts[0].verdicts == ["pii@v1:pass"]


@pytest.mark.parametrize("mode", ["redact", "block"])
async def test_a_refusal_inside_a_stream_is_looked_at_too(mode: str) -> None:
    steps: list[Any] = [*stream("I am ", "here")[:2], fault()]
    facts: dict[str, Any] = {"limits": (AT_ONCE,), "guardrails": (Rule("pii", mode, "output"),)}
    at = World(
        snapshot(model(), **facts), {"p": ScriptedProvider(Script(steps))}, guards={"pii": Guard("pii", Emails())}
    )
    visit = await visited(at, stream=True)
    assert visit.status == 200 and b"I am " in visit.text and MAIL.encode() not in visit.text
    last = [json.loads(line[6:]) for line in visit.text.split(b"\n") if line.startswith(b"data: {")][-1]
    assert last["error_code"] == "REQUEST_INVALID"
    if mode == "redact":
        assert last["error"]["message"] == "no such user: [EMAIL]"
    else:
        assert last["details"]["withheld"] == {"guardrail": "pii", "kinds": ["email"]}
    (receipt,) = at.recorder.receipts
    assert (receipt.ending, receipt.error_code) == ("upstream_broken", "REQUEST_INVALID")
    assert receipt.verdicts == [f"pii:{mode}:output"]
