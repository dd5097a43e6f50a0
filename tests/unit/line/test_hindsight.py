"""What policies would have made of a request that is over, by its record."""

from __future__ import annotations

from torana.core.policies import Choice, Terms
from torana.core.snapshot import Deployment, ModelEntry, Snapshot
from torana.core.tickets import Rule
from torana.line.hindsight import CHANGED, FLAGGED, REFUSED, UNTOUCHED, Judgement, Past, heard, judged

SNAPSHOT = Snapshot(1, "d", {}, {"m": ModelEntry("m", (Deployment("p", "x", region="eu"),))}, {"p": "openai"})
SAW = (
    {"guardrail": "pii@1", "kind": "email", "side": "input"},
    {"guardrail": "words@2", "kind": "k", "side": "output"},
)
PAST = Past("openai_chat", "m", ("pii@1:flag", "words@2:flag:output"), SAW)


def of(*rules: Rule, past: Past = PAST, **terms: object) -> Judgement:
    return judged(past, Terms(guardrails=rules, **terms), SNAPSHOT, "acme")  # type: ignore[arg-type]


def test_the_strictest_of_what_was_found_decides() -> None:
    assert of(Rule("pii", "redact", "input")) == Judgement(CHANGED, "guardrail pii")
    assert of(Rule("pii", "redact", "input"), Rule("words", "block", "output")).outcome == REFUSED
    assert of(Rule("pii", "flag", "input")) == Judgement(FLAGGED)
    assert of() == Judgement(UNTOUCHED)


def test_a_guardrail_acts_on_its_side_only_and_one_on_trial_not_at_all() -> None:
    assert of(Rule("pii", "block", "output")).outcome == UNTOUCHED
    assert of(Rule("pii", "block", "input", shadow=True)) == Judgement(UNTOUCHED)


def test_a_guardrail_that_did_not_look_then_is_unknown_now() -> None:
    assert of(Rule("secrets", "block", "input")) == Judgement(UNTOUCHED, unknown=True)
    assert of(Rule("pii", "flag", "both")).unknown


def test_models_places_and_dialects_are_judged_as_for_a_request_of_now() -> None:
    assert of(models=Choice(denied=frozenset({"m"}))) == Judgement(REFUSED, "model")
    assert of(regions=Choice(denied=frozenset({"eu"}))) == Judgement(REFUSED, "place")
    assert of(dialects=Choice(denied=frozenset({"openai_chat"}))) == Judgement(REFUSED, "dialect")
    gone = PAST._replace(model="gone")
    assert of(past=gone).outcome == UNTOUCHED
    assert of(past=gone, models=Choice(frozenset({frozenset({"m"})}))).reason == "model"


def test_verdicts_tell_who_looked_at_which_side() -> None:
    assert heard("pii@1f0c:pass") == ("pii", "input")
    assert heard("words@2:flag:output") == ("words", "output")
