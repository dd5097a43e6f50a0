"""The models a caller may use and how their deployments are, and no word of the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.line.asgi import Visit, house_of
from tests.line.world import KEY, KEY_ENTRY, World, model, snapshot
from torana.core.snapshot import Breaker, BudgetRule, Deployment, LimitRule
from torana.core.tickets import Caller
from torana.edge.house import Views

NAMES = ("gpt-4", "gpt-4o", "claude", "org/open model", "50%25")


def world_for(*allowed: str) -> World:
    return World(snapshot(*(model(name) for name in NAMES), key=replace(KEY_ENTRY, models=allowed)))


async def got(world: World, path: str, *headers: tuple[str, str], method: str = "GET") -> Visit:
    return await Visit(house_of(world), path, method, headers=headers or (("x-api-key", KEY),)).run()


@pytest.mark.parametrize("path", ["/v1/models", "/api/v1/models"])
async def test_the_list_has_the_callers_models_by_name(path: str) -> None:
    visit = await got(world_for("gpt*"), path)
    assert visit.status == 200
    assert visit.json()["object"] == "list"
    assert [one["id"] for one in visit.json()["data"]] == ["gpt-4", "gpt-4o"]


@pytest.mark.parametrize("prefix", ["/v1/models/", "/api/v1/models/"])
@pytest.mark.parametrize("name", NAMES)
async def test_one_model_is_found_by_its_name_as_the_server_decoded_it(prefix: str, name: str) -> None:
    visit = await got(world_for("*"), prefix + name)
    assert visit.status == 200
    assert (visit.json()["id"], visit.json()["object"]) == (name, "model")


async def test_a_model_that_is_not_the_callers_answers_like_one_that_does_not_exist() -> None:
    world = world_for("gpt-4")
    theirs, nobodys = await got(world, "/v1/models/claude"), await got(world, "/v1/models/claudia")
    assert (theirs.status, nobodys.status) == (404, 404)
    assert theirs.text.replace(b"claude", b"?").replace(b"req_made_1", b"") == nobodys.text.replace(
        b"claudia", b"?"
    ).replace(b"req_made_1", b"")


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/gpt-4"])
async def test_without_a_known_key_nothing_is_listed(path: str) -> None:
    visit = await got(world_for("*"), path, ("x-api-key", "sk-nobody"))
    assert (visit.status, visit.json()["error_code"]) == (401, "KEY_INVALID")
    assert b"gpt" not in visit.text


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/gpt-4", "/v1/models/nope"])
async def test_the_callers_request_id_comes_back_from_answers_and_refusals(path: str) -> None:
    visit = await got(world_for("*"), path, ("x-api-key", KEY), ("x-request-id", "mine-1"))
    assert visit.head["x-request-id"] == "mine-1"


async def test_head_has_no_body() -> None:
    visit = await got(world_for("*"), "/v1/models", method="HEAD")
    assert (visit.status, visit.text) == (200, b"")
    assert int(visit.head["content-length"]) > 0


async def test_a_key_bound_to_networks_counts_only_from_there() -> None:
    world = World(snapshot(key=replace(KEY_ENTRY, ip_allow=("10.0.0.0/8",))))
    assert (await got(world, "/v1/models")).status == 403


@pytest.mark.parametrize("path", ["/v1/providers/status", "/api/v1/providers/status"])
async def test_the_status_has_each_deployment_of_the_callers_models_once(path: str) -> None:
    same = (Deployment("p", "up"),)
    models = (model("a", deployments=same), model("b", deployments=same), model("other", ("q",)))
    world = World(snapshot(*models, key=replace(KEY_ENTRY, models=("a", "b"))))
    visit = await got(world, path)
    assert (visit.status, visit.head["cache-control"]) == (200, "no-store")
    assert visit.json() == {
        "object": "list",
        "data": [
            {
                "provider": "p", "model": "up", "models": ["a", "b"], "breaker": "closed", "probes_at": None,
                "cooling_until": None, "probe": None, "probed_at": None, "in_flight": 0, "latency_ms": None,
            }
        ],
    }  # fmt: skip


async def test_the_status_tells_breaker_cooldown_load_and_latency() -> None:
    world = World(snapshot(model("m", ("p", "q"))))
    clock = world.clock
    first, second = world.snapshot.models["m"].deployments
    now = clock.monotonic()
    world.health.begin(first, now).failed("500", now, now, Breaker(1, 30.0, 60.0))
    vitals = world.health.begin(second, now)
    clock.advance(0.25)
    vitals.content(now, clock.monotonic())
    vitals.cool(9.75, clock.monotonic())
    rows = (await got(world, "/v1/providers/status")).json()["data"]
    assert [(row["breaker"], row["probes_at"], row["cooling_until"]) for row in rows] == [
        ("open", "2025-06-15T15:07:40Z", None), ("closed", None, "2025-06-15T15:06:50Z"),
    ]  # fmt: skip
    assert [(row["in_flight"], row["latency_ms"]) for row in rows] == [(0, None), (1, 250)]


async def test_without_a_known_key_no_status_is_told() -> None:
    visit = await got(world_for("*"), "/v1/providers/status", ("x-api-key", "sk-nobody"))
    assert (visit.status, visit.json()["error_code"]) == (401, "KEY_INVALID")


BUDGETS = (
    BudgetRule("red-day", "team", "red", 2_000_000_000, "day"),
    BudgetRule("each-month", "team", None, 5_000_000_000, "month", hard=False),
    BudgetRule("blue", "team", "blue", 1, "day"),
    BudgetRule("keys", "key", None, 1, "day"),
)


def with_budgets(team: str = "red", *permissions: str) -> World:
    key = replace(KEY_ENTRY, team=team, permissions=frozenset(permissions))
    return World(snapshot(budgets=BUDGETS, key=key))


@pytest.mark.parametrize("path", ["/v1/budget/red", "/api/v1/budget/red"])
async def test_a_teams_budgets_say_what_is_spent_held_and_left_and_when_they_begin_anew(path: str) -> None:
    world = with_budgets()
    team = KEY_ENTRY.tenant + "\0red"
    (charge, *_), *_ = await world.rooms.limits.budgets_of_team(KEY_ENTRY.tenant, "red")
    assert charge.subject.startswith(team)
    await world.counters.reserve([charge], [500_000_000], world.clock.now())
    await world.counters.reserve([charge], [250_000_000], world.clock.now())
    world.counters.settle([charge], [500_000_000], [100_000_001], world.clock.now(), world.clock.now())
    visit = await got(world, path)
    assert (visit.status, visit.head["cache-control"]) == (200, "no-store")
    assert (visit.json()["team"], visit.json()["currency"]) == ("red", "USD")
    first, second = visit.json()["data"]
    assert {name: first[name] for name in ("budget", "per", "limit", "spent", "held", "remaining", "hard")} == {
        "budget": "red-day",
        "per": "day",
        "limit": "2.00",
        "spent": "0.100000001",
        "held": "0.25",
        "remaining": "1.649999999",
        "hard": True,
    }
    assert first["resets_at"].endswith("T00:00:00Z")
    assert (second["budget"], second["remaining"], second["hard"]) == ("each-month", "5.00", False)


@pytest.mark.parametrize("team", ["blue", "nobody", ""])
async def test_another_teams_budgets_answer_like_those_of_no_team(team: str) -> None:
    assert (await got(with_budgets(), f"/v1/budget/{team}")).status == 404


async def test_with_the_permission_other_teams_of_the_tenant_are_seen() -> None:
    visit = await got(with_budgets("red", "budgets.read"), "/v1/budget/blue")
    assert {row["budget"] for row in visit.json()["data"]} == {"each-month", "blue"}


async def test_own_usage_is_that_of_the_caller_with_what_is_left_of_its_limits() -> None:
    asked: list[str] = []

    async def usage(caller: Caller) -> Mapping[str, object]:
        asked.append(caller.user)
        return {"today": {"requests": 3}}

    limits = (
        LimitRule("rate", "user", None, "requests", 5, 60.0),
        LimitRule("of-a-model", "model", None, "requests", 5, 60.0),
        LimitRule("of-another", "user", "bob", "requests", 5, 60.0),
    )
    world = World(snapshot(limits=limits))
    call = world.call()
    await world.rooms.limits.reserve(world.rooms.policy.allow(await world.rooms.gate.identify(call), call), call)
    views = Views(lambda: (True, {}), None, lambda: False, usage)
    for path in ("/v1/usage/me", "/api/v1/usage/me"):
        visit = await Visit(house_of(world, views=views), path, "GET", headers=[("x-api-key", KEY)]).run()
        assert (visit.status, visit.head["cache-control"]) == (200, "no-store")
        assert visit.json() == {
            "object": "usage",
            "today": {"requests": 3},
            "limits": [{"limit": "rate", "counts": "requests", "per_s": 60.0, "allowed": 5, "remaining": 4}],
        }
    assert asked == ["ann", "ann"]
    stranger = await Visit(house_of(world, views=views), "/v1/usage/me", "GET", headers=[("x-api-key", "no")]).run()
    assert stranger.status == 401


async def test_who_speaks_anthropics_api_gets_its_list() -> None:
    said = (("x-api-key", KEY), ("anthropic-version", "2023-06-01"))
    visit = await got(world_for("gpt*"), "/v1/models", *said)
    assert [(one["type"], one["id"]) for one in visit.json()["data"]] == [("model", "gpt-4"), ("model", "gpt-4o")]
    assert visit.json()["has_more"] is False
    assert (await got(world_for("gpt*"), "/v1/models/gpt-4", *said)).json()["display_name"] == "gpt-4"
    assert (await got(world_for("gpt*"), "/v1/models/claude", *said)).status == 404
