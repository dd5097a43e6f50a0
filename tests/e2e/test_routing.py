"""Routing in a running process: which deployment answers, what is tried instead, and that explain and Receipt agree."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, provider
from tests.e2e.process import until
from tests.e2e.road import straight
from tests.e2e.stand import Stand
from torana.core.tickets import Attempted

pytestmark = straight
PLAIN_KEY = "sk-torana-e2e-unshadowed-3Kd8"
CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
PRICES = {"input": "1.00", "output": "2.00"}

dialects = pytest.mark.parametrize("path", [CHAT, MESSAGES], ids=["chat", "messages"])
streams = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


def at(provider_id: str, model: str, **more: object) -> dict[str, object]:
    return {"provider": provider_id, "model": model, **more}


def of(name: str, *deployments: Mapping[str, object], **more: object) -> dict[str, object]:
    ranked = [{"priority": place, **one} for place, one in enumerate(deployments, 1)]
    return {"name": name, "deployments": ranked, "prices": PRICES, **more}


def config(stand: Stand, models: Sequence[Mapping[str, object]], **routing: object) -> dict[str, object]:
    """Providers ``one`` and ``two`` speak OpenAI's protocol, ``claude`` Anthropic's."""
    claude = {"id": "claude", "kind": "anthropic", "base_url": stand.origin, "credentials": [{"api_key": "sk-a"}]}
    found = configuration(
        [provider("one", stand.origin), provider("two", stand.origin), claude],
        models,
        routing={"breaker": None, **routing},
    )
    keys: Any = found["keys"]
    keys[0]["permissions"] = ["routing.read"]
    keys.append({"name": "unshadowed", "key": PLAIN_KEY, "tenant": "acme", "shadows": False})
    return found


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    found = Stand()
    yield found
    found.close()


@pytest.fixture(scope="module")
def routed(stand: Stand, room: Path) -> Iterator[Gateway]:
    gateway = Gateway(room / "routed", config(stand, [
        of("main", at("one", "main-1"), at("two", "main-2"), fallbacks=["other"],
           context_window_fallbacks=["long"], content_policy_fallbacks=["lenient"]),
        of("other", at("claude", "other-1")),
        of("long", at("claude", "long-1")),
        of("lenient", at("two", "lenient-1")),
        of("by-header", at("one", "eu-1", when={"header.x-region": "eu*"}), at("two", "rest-1"), strategy="condition"),
        of("by-team", at("one", "theirs-1", when={"caller.team": "nobody"}), at("two", "ours-1")),
        of("kept", at("one", "kept-1", priority=1), at("two", "kept-2", priority=1), strategy="sticky"),
        of("drawn", at("one", "drawn-1", priority=1, weight=1), at("two", "drawn-2", priority=1, weight=1),
           at("two", "drawn-0", priority=1, weight=0), strategy="weighted"),
        of("trial", at("one", "stable-1"), canary=at("two", "canary-1", percent=40)),
        of("watched", at("one", "seen-1"), shadow=at("claude", "shadow-1", percent=100, at_once=2)),
    ]))  # fmt: skip
    yield gateway
    assert gateway.process.stop() == 0, gateway.process.tail()


def send(gateway: Gateway, path: str, body: Mapping[str, object], **headers: str) -> Answer:
    given = {"authorization": f"Bearer {CALLER_KEY}", "content-type": "application/json"}
    given |= {name.replace("_", "-"): text for name, text in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20)
    try:
        connection.request("POST", path, json.dumps(body), given)
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def ask(gateway: Gateway, model: str, path: str = CHAT, stream: bool = False, **more: Any) -> Answer:
    headers = more.pop("headers", {})
    body = {"model": model, "max_tokens": 64, "messages": [{"role": "user", "content": "hello"}], "stream": stream}
    return send(gateway, path, {**body, **more}, **headers)


def receipts(gateway: Gateway, answer: Answer, number: int = 1) -> list[Mapping[str, Any]]:
    """The Receipts of this request, once so many are there."""
    wanted = answer.headers["x-request-id"]
    found: list[Any] = []

    def there() -> bool:
        found[:] = [one for one in gateway.audit() if one["request_id"] == wanted]
        return len(found) >= number

    assert until(there, 20.0), found
    return found


def tried(receipt: Mapping[str, Any]) -> list[str]:
    attempts = [Attempted(*one) for one in receipt["attempts"]]
    return [f"{one.model} {one.outcome}" for one in attempts]


def explained(gateway: Gateway, model: str, **more: object) -> dict[str, Any]:
    told: list[Answer] = []

    def known() -> bool:
        told.append(send(gateway, "/api/v1/admin/routing/explain", {"model": model, **more}))
        return told[-1].status != 503  # the control plane loads after the data plane serves

    assert until(known, 30.0)
    assert told[-1].status == 200, told[-1].body
    found: dict[str, Any] = json.loads(told[-1].body)
    return found


def whole(answer: Answer, stream: bool) -> None:
    """The answer is the provider's, once, in the dialect asked for."""
    assert answer.status == 200, answer.body
    assert answer.body.count(b"there, friend.") == 1, answer.body
    assert answer.headers["content-type"].startswith("text/event-stream" if stream else "application/json")


@dialects
@streams
def test_the_first_deployment_answers_while_it_is_well(routed: Gateway, path: str, stream: bool) -> None:
    answer = ask(routed, "main", path, stream)
    whole(answer, stream)
    (receipt,) = receipts(routed, answer)
    assert tried(receipt) == ["main-1 ok"]
    assert receipt["cost_nano"] == 12 * 1_000 + 5 * 2_000


@dialects
@streams
def test_another_provider_then_another_models_dialect_answers(
    routed: Gateway, stand: Stand, path: str, stream: bool
) -> None:
    with stand.being(main_1="down", main_2="down"):
        answer = ask(routed, "main", path, stream)
    whole(answer, stream)
    (receipt,) = receipts(routed, answer)
    assert tried(receipt) == ["main-1 503", "main-2 503", "other-1 ok"]
    assert answer.headers["x-torana-fallback"] == "true"
    plan = explained(routed, "main")
    assert [one["model"] for one in plan["attempts"]] == ["main-1", "main-2", "other-1", "long-1", "lenient-1"]


@dialects
@pytest.mark.parametrize("mood", ["stalls", "garbles"])
def test_a_stream_that_fails_before_its_first_content_goes_on_elsewhere(
    stand: Stand, tmp_path: Path, path: str, mood: str
) -> None:
    models = [of("m", at("one", "bad-1"), at("two", "good-1"))]
    given = config(stand, models)
    given["providers"][0]["timeout_s"] = {"idle": 0.3, "first_token": 0.3}  # type: ignore[index]
    gateway = Gateway(tmp_path / "failing", given)
    with stand.being(bad_1=mood):
        answer = ask(gateway, "m", path, stream=True)
    whole(answer, stream=True)
    (receipt,) = receipts(gateway, answer)
    outcomes = [Attempted(*one).outcome for one in receipt["attempts"]]
    assert outcomes[0] in ("first_token", "idle", "malformed") and outcomes[1:] == ["ok"]
    assert gateway.process.stop() == 0


@dialects
@streams
@pytest.mark.parametrize(("mood", "model"), [("too_long", "long-1"), ("policy", "lenient-1")])
def test_each_refusal_has_its_own_fallback(
    routed: Gateway, stand: Stand, path: str, stream: bool, mood: str, model: str
) -> None:
    with stand.being(main_1=mood):
        answer = ask(routed, "main", path, stream)
    whole(answer, stream)
    (receipt,) = receipts(routed, answer)
    assert tried(receipt) == ["main-1 400", f"{model} ok"]


def test_a_bad_request_is_tried_nowhere_else(routed: Gateway, stand: Stand) -> None:
    with stand.being(main_1="bad"):
        answer = ask(routed, "main")
    assert answer.status == 400
    (receipt,) = receipts(routed, answer)
    assert tried(receipt) == ["main-1 400"]


def test_conditions_say_whose_a_deployment_is_in_explain_and_in_truth(routed: Gateway) -> None:
    for headers, model in (({"x-region": "eu-west"}, "eu-1"), ({"x-region": "us"}, "rest-1"), ({}, "rest-1")):
        plan = explained(routed, "by-header", headers=headers)
        answer = ask(routed, "by-header", headers={name.replace("-", "_"): text for name, text in headers.items()})
        assert answer.headers["x-torana-model"] == plan["attempts"][0]["model"] == model
        (receipt,) = receipts(routed, answer)
        assert receipt["dropped"] == [[one["provider"], one["model"], one["reason"]] for one in plan["dropped"]]
    assert ask(routed, "by-team").headers["x-torana-model"] == "ours-1"


def test_a_conversation_stays_where_it_is_and_explain_knows_where(routed: Gateway) -> None:
    seen = set()
    for number in range(12):
        talk = f"talk-{number}"
        wanted = explained(routed, "kept", conversation=talk)["attempts"][0]["model"]
        models = {
            ask(routed, "kept", headers={"x_torana_conversation": talk}).headers["x-torana-model"] for _ in range(2)
        }
        assert models == {wanted}
        seen.add(wanted)
    assert seen == {"kept-1", "kept-2"}


def test_weights_share_requests_out_and_a_weight_of_nothing_gets_none(routed: Gateway) -> None:
    seen = {ask(routed, "drawn").headers["x-torana-model"] for _ in range(40)}
    assert seen == {"drawn-1", "drawn-2"}


@dialects
def test_a_canary_answers_the_same_users_each_time_and_explain_knows_whom(routed: Gateway, path: str) -> None:
    seen = set()
    for number in range(20):
        talk = f"trial-{number}"
        plan = explained(routed, "trial", conversation=talk)
        answer = ask(routed, "trial", path, headers={"x_torana_conversation": talk})
        assert answer.headers["x-torana-model"] == plan["attempts"][0]["model"]
        (receipt,) = receipts(routed, answer)
        assert receipt["dropped"] == [[one["provider"], one["model"], one["reason"]] for one in plan["dropped"]]
        assert plan["attempts"][0]["canary"] is (answer.headers["x-torana-model"] == "canary-1")
        seen.add(answer.headers["x-torana-model"])
    assert seen == {"stable-1", "canary-1"}


def test_a_canary_that_fails_is_stood_in_for_by_what_is_stable(routed: Gateway, stand: Stand) -> None:
    talk = next(
        f"f-{n}" for n in range(100) if explained(routed, "trial", conversation=f"f-{n}")["attempts"][0]["canary"]
    )
    with stand.being(canary_1="down"):
        answer = ask(routed, "trial", headers={"x_torana_conversation": talk})
    (receipt,) = receipts(routed, answer)
    assert tried(receipt) == ["canary-1 503", "stable-1 ok"]


@dialects
@streams
def test_a_shadow_is_asked_the_same_and_nobody_hears_it(routed: Gateway, stand: Stand, path: str, stream: bool) -> None:
    assert explained(routed, "watched")["shadow"] == {"provider": "claude", "model": "shadow-1", "percent": 100.0}
    answer = ask(routed, "watched", path, stream)
    whole(answer, stream)
    own, copy = sorted(receipts(routed, answer, 2), key=lambda one: one["operation"] == "shadow")
    assert tried(own) == ["seen-1 ok"] and tried(copy) == ["shadow-1 ok"]
    assert (copy["operation"], copy["ending"], copy["key_id"]) == ("shadow", "completed", own["key_id"])
    assert copy["receipt_id"] != own["receipt_id"]
    assert copy["cost_nano"] == own["cost_nano"] == 12 * 1_000 + 5 * 2_000
    assert until(lambda: routed.metric("ai_gateway_holds_open") == 0, 10.0)


def test_a_key_that_may_not_be_copied_is_not(routed: Gateway, stand: Stand) -> None:
    before = len(stand.asked("shadow-1"))
    answer = ask(routed, "watched", headers={"authorization": f"Bearer {PLAIN_KEY}"})
    whole(answer, stream=False)
    with stand.being(shadow_1="down"):
        last = ask(routed, "watched")
        receipts(routed, last, 2)
    assert len(stand.asked("shadow-1")) == before + 1
    assert len(receipts(routed, answer)) == 1


def test_a_shadow_that_says_nothing_delays_neither_answers_nor_the_end_of_the_process(
    stand: Stand, tmp_path: Path
) -> None:
    models = [of("m", at("one", "front-1"), shadow=at("two", "quiet-1", percent=100, at_once=2))]
    gateway = Gateway(tmp_path / "quiet", config(stand, models))
    with stand.being(quiet_1="silent"):
        answers = [ask(gateway, "m", stream=bool(number % 2)) for number in range(5)]
        assert [one.status for one in answers] == [200] * 5
        assert until(lambda: len(stand.asked("quiet-1")) == 2, 10.0), "two at once and no more"
        assert gateway.process.stop() == 0, gateway.process.tail()
    endings = [(one["operation"], one["ending"]) for one in gateway.audit()]
    assert sorted(endings) == [*[("chat", "completed")] * 5, *[("shadow", "shutdown")] * 2]


@pytest.fixture(scope="module")
def hedged(stand: Stand, room: Path) -> Iterator[Gateway]:
    models = [
        of("m", at("one", "slow-1"), at("claude", "quick-1")),
        of("alone", at("one", "alone-1"), fallbacks=["m"]),
    ]
    gateway = Gateway(room / "hedged", config(stand, models, hedge={"after_ms": 60}))
    yield gateway
    assert gateway.process.stop() == 0, gateway.process.tail()


@dialects
@streams
@pytest.mark.parametrize("mood", ["silent", "stalls"])
def test_a_slow_first_is_outrun_and_its_cost_is_in_the_receipt(
    hedged: Gateway, stand: Stand, path: str, stream: bool, mood: str
) -> None:
    assert explained(hedged, "m")["hedge_after_ms"] == 60.0
    with stand.being(slow_1=mood):
        answer = ask(hedged, "m", path, stream)
    whole(answer, stream)
    (receipt,) = receipts(hedged, answer)
    assert tried(receipt) == ["slow-1 outrun", "quick-1 ok"]
    answered = 12 * 1_000 + 5 * 2_000
    assert receipt["cost_nano"] > answered
    assert receipt["cost_nano"] <= receipt["held_nano"]
    if not stream:
        assert receipt["cost_nano"] >= answered + 64 * 2_000, "a plain answer may have been made whole"
    assert until(lambda: stand.upstream.under_way == 0, 10.0), "the connection of the outrun try is closed"
    assert until(lambda: hedged.metric("ai_gateway_holds_open") == 0, 10.0)


def test_when_the_first_is_well_the_second_is_not_asked(hedged: Gateway, stand: Stand) -> None:
    before = len(stand.asked("quick-1"))
    answer = ask(hedged, "m")
    (receipt,) = receipts(hedged, answer)
    if tried(receipt) == ["slow-1 ok"]:  # a machine under load may have been slow in earnest
        assert len(stand.asked("quick-1")) == before
    whole(answer, stream=False)


def test_a_fallback_model_is_not_asked_because_the_first_is_slow(hedged: Gateway) -> None:
    assert explained(hedged, "alone")["hedge_after_ms"] is None
    (receipt,) = receipts(hedged, ask(hedged, "alone"))
    assert tried(receipt) == ["alone-1 ok"]


THEIR_KEY = "sk-of-a-caller-b81f0c"


@pytest.fixture(scope="module")
def open_to_keys(stand: Stand, room: Path) -> Iterator[Gateway]:
    given = config(stand, [of("m", at("claude", "ours-only"), at("one", "theirs-too"))])
    gateway = Gateway(room / "own-keys", {**given, "policies": [{"name": "default", "upstream_keys": ["one"]}]})
    yield gateway
    assert gateway.process.stop() == 0, gateway.process.tail()


@dialects
@streams
@pytest.mark.parametrize("header", ["openai_api_key", "x_torana_upstream_key", "x_api_key"])
def test_a_callers_own_key_goes_to_the_provider_that_may_have_it_and_nowhere_else(
    open_to_keys: Gateway, stand: Stand, path: str, stream: bool, header: str
) -> None:
    answer = ask(open_to_keys, "m", path, stream, headers={header: THEIR_KEY})
    whole(answer, stream)
    assert stand.asked("theirs-too")[-1].header("authorization") == f"Bearer {THEIR_KEY}"
    assert not any(THEIR_KEY in str(one.headers) for one in stand.asked("ours-only"))
    (receipt,) = receipts(open_to_keys, answer)
    assert tried(receipt) == ["theirs-too ok"]
    ask(open_to_keys, "m", path, stream)
    assert "sk-a" in str(stand.asked("ours-only")[-1].headers), "the next caller has ours again"
    assert THEIR_KEY not in open_to_keys.left_behind()
    assert THEIR_KEY not in open_to_keys.get("/metrics")


def test_a_refusal_of_a_callers_own_key_parks_nothing_of_ours(open_to_keys: Gateway, stand: Stand) -> None:
    with stand.being(theirs_too="no"):
        answer = ask(open_to_keys, "m", headers={"openai_api_key": THEIR_KEY})
    assert answer.status == 403
    assert b"refused the key that you sent" in answer.body
    assert "credential.parked" not in open_to_keys.process.output()
    with stand.being(ours_only="down"):
        again = ask(open_to_keys, "m")
    assert again.headers["x-torana-model"] == "theirs-too", "our own credential of that provider is in use"


def test_where_no_policy_allows_it_a_callers_own_key_is_refused(routed: Gateway, stand: Stand) -> None:
    before = len(stand.upstream.requests)
    for header, status in (("openai_api_key", 403), ("x_torana_upstream_key", 403), ("x_api_key", 400)):
        assert ask(routed, "main", headers={header: THEIR_KEY}).status == status
    assert len(stand.upstream.requests) == before
    assert THEIR_KEY not in routed.left_behind()
