"""Guardrails that ask somebody, against a running process: a model as judge, a webhook.

What a guardrail asks a model comes back through the gateway: it is a Receipt of its own, in its caller's name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.far_sides import SECRET, Hook, Models
from tests.e2e.gateway import Gateway, configuration, model, provider
from tests.e2e.judged import BLOCKED, CHEAP, WAYS, ask, code, key_of, leaves, receipts, silent, verdicts_of
from tests.e2e.process import until
from tests.e2e.road import straight
from tests.e2e.stage import Stage

pytestmark = straight

DEAR = {"input": "1000", "output": "1000"}
LEGAL = {"legal_advice": "The text asks for, or gives, advice on a legal case."}
KEYS = ("judged", "poor", "poor-open", "counted", "cut", "hooked", "hooked-open")
HOOK = {"kind": "webhook", "secret": SECRET, "allow_private": True}


@pytest.fixture(scope="module")
def models() -> Models:
    return Models()


@pytest.fixture(scope="module")
def hook() -> Hook:
    return Hook()


def settings(origin: str, hook: str) -> dict[str, Any]:
    rows = [model("main", "p", prices=CHEAP), model("judge", "p", prices=DEAR), model("rail", "p", prices=CHEAP)]
    config = configuration([provider("p", origin)], rows)
    tries = {"name": "tries", "key": key_of("tries"), "tenant": "acme", "permissions": ["policies.read"]}
    callers = [{"name": name, "key": key_of(name), "tenant": "acme", "models": ["main"]} for name in KEYS]
    config["keys"] = [*callers, tries]
    judge = {"kind": "judge", "model": "judge", "categories": LEGAL, "max_tokens": 64, "roles": ["user", "assistant"]}
    config["guardrails"] = [
        {"id": "advice", **judge},
        {"id": "advice-open", **judge, "on_error": "open"},
        {"id": "advice-short", **judge, "deadline_ms": 300},
        {"id": "checks", **HOOK, "url": f"{hook}/checks", "timeout_s": 1.0},
        {"id": "checks-open", **HOOK, "url": f"{hook}/checks", "timeout_s": 0.3, "on_error": "open"},
    ]
    of = {
        "advice": ["judged", "poor", "counted"],
        "advice-open": ["poor-open"],
        "advice-short": ["cut"],
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
    with silent(models, "judge"):
        answer = ask(served, "cut", "Tell me about rivers.")
    assert (answer.status_code, code(answer)) == (400, BLOCKED)
    own, theirs = receipts(served, answer, asked=1)
    assert verdicts_of(own) == ["advice-short:not_evaluated"]
    assert (theirs[0]["ending"], theirs[0]["error_code"]) == ("deadline", "UPSTREAM_TIMEOUT")
    assert until(lambda: served.metric("ai_gateway_holds_open") == 0, 5)


def test_a_caller_who_leaves_while_it_is_judged_leaves_no_question_open(served: Gateway, models: Models) -> None:
    leaves(served, models, "judged", "judge")


def test_a_judge_asks_on_under_a_changed_configuration(served: Gateway, models: Models) -> None:
    config = json.loads(served.file.read_text())
    key = {"name": "later", "key": key_of("later"), "tenant": "acme", "models": ["main"]}
    policy = {"name": "later", "guardrails": ["advice"], "attach": [{"key": "later"}]}
    config["keys"].append(key)
    config["policies"].append(policy)
    served.file.write_text(json.dumps(config))
    models.speak()
    assert until(lambda: ask(served, "later", "Are you there?").status_code == 200, 20)
    answer = ask(served, "later", "Tell me how to win a lawsuit.")
    assert code(answer) == BLOCKED
    own, (row,) = receipts(served, answer, asked=1)
    assert row["snapshot"] == own["snapshot"] > 1


def test_a_text_is_tried_with_a_judge_in_the_name_of_whoever_tries(served: Gateway) -> None:
    headers = {"authorization": f"Bearer {key_of('tries')}"}
    for text, blocked in (("Is a lawsuit dear?", True), ("Is a boat dear?", False)):
        body = {"text": text, "policy": "advice-of-judged"}
        path = f"{served.origin}/api/v1/admin/guardrails/test"
        answer = httpx.post(path, json=body, headers=headers, timeout=30)
        assert (answer.status_code, answer.json()["blocked"]) == (200, blocked), answer.text
    assert until(lambda: len([row for row in served.audit() if not row["request_id"]]) == 2, 10)
    assert {row["operation"] for row in served.audit() if not row["request_id"]} == {"guardrail"}


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
