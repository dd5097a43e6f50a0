"""Providers, models, limits and budgets are made through the admin API, and the data plane goes by them at once."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.control.standing import ADMIN, Said, Standing, key_of
from tests.control.usage import plant, spread
from tests.e2e.process import until

ECHO = {"kind": "echo"}


def put(standing: Standing, path: str, document: Any, who: str = "operator", **more: Any) -> Said:
    return standing.ask("PUT", f"{ADMIN}/{path}", key_of(who), {"document": document, **more})


def chat(standing: Standing, model: str, who: str = "user", tenant: str = "acme") -> Said:
    body = {"model": model, "messages": [{"role": "user", "content": "hello"}], "max_tokens": 5}
    return standing.ask("POST", "/v1/chat/completions", key_of(who, tenant), body)


def served_by(name: str, provider: str = "echo") -> dict[str, Any]:
    return {"deployments": [{"provider": provider, "model": name}], "prices": {"input": "1", "output": "2"}}


def test_a_model_made_here_answers_at_once_and_is_gone_when_it_is_withdrawn(standing: Standing) -> None:
    made = standing.ask(
        "POST", f"{ADMIN}/models", key_of("operator"), {"name": "made/here-1", "document": served_by("x-1")}
    )
    assert (made.status, made.body["version"], made.body["source"], made.body["tenant"]) == (201, 1, "stored", "")
    assert made.headers["etag"] == '"1"'
    assert chat(standing, "made/here-1").body["choices"][0]["message"]["content"]
    assert chat(standing, "made/here-1", tenant="globex").status == 200
    again = standing.ask(
        "POST", f"{ADMIN}/models", key_of("operator"), {"name": "made/here-1", "document": served_by("x-1")}
    )
    assert again.status == 409
    assert standing.ask("GET", f"{ADMIN}/models/made/here-1", key_of("viewer")).body["document"]["deployments"]
    gone = standing.ask("DELETE", f"{ADMIN}/models/made/here-1", key_of("operator"))
    assert (gone.status, gone.body["document"]) == (200, None)
    assert chat(standing, "made/here-1").status == 404
    versions = standing.ask("GET", f"{ADMIN}/models/made/here-1/versions", key_of("operator")).body["items"]
    assert [(one["version"], one["document"] is None) for one in versions] == [(2, True), (1, False)]
    back = standing.ask("POST", f"{ADMIN}/models/made/here-1/restore", key_of("operator"), {"version": 1})
    assert (back.status, back.body["version"]) == (201, 3)
    assert chat(standing, "made/here-1").status == 200


def test_a_tenants_own_provider_and_model_serve_that_tenant_alone(standing: Standing) -> None:
    assert put(standing, "providers/mine", ECHO, "admin").status == 201
    assert put(standing, "models/echo-1", served_by("theirs", "mine"), "admin").status == 201
    assert put(standing, "models/only-ours", served_by("theirs", "mine"), "admin").status == 201
    mine = chat(standing, "echo-1")
    assert (mine.status, mine.headers["x-torana-provider"]) == (200, "mine@acme")
    theirs = chat(standing, "echo-1", tenant="globex")
    assert (theirs.status, theirs.headers["x-torana-provider"]) == (200, "echo")
    for name in ("only-ours", "mine/x", "mine@acme/x"):
        other, unknown = chat(standing, name, tenant="globex"), chat(standing, "no-such/model", tenant="globex")
        assert (other.status, other.body["error_code"]) == (unknown.status, unknown.body["error_code"]), name
    assert chat(standing, "mine/x").status == 200
    globex = standing.ask("GET", f"{ADMIN}/providers", key_of("admin", "globex"))
    assert "mine" not in globex.raw.decode() and "acme" not in globex.raw.decode()
    for path in ("providers/mine", "models/only-ours", "providers/mine/versions"):
        there = standing.ask("GET", f"{ADMIN}/{path}", key_of("admin", "globex"))
        assert (
            there.status == standing.ask("GET", f"{ADMIN}/providers/nothing", key_of("admin", "globex")).status == 404
        )
    names = {one["id"] for one in standing.ask("GET", "/v1/models", key_of("user", "globex")).body["data"]}
    assert "only-ours" not in names
    status = standing.ask("GET", "/v1/providers/status", key_of("user", "globex"))
    assert "mine" not in status.raw.decode()


def test_a_limit_and_a_budget_made_here_hold_for_their_tenant_alone(standing: Standing) -> None:
    limit = {"scope": "model", "match": "echo-limited", "requests": 1, "per": "1h"}
    assert put(standing, "models/echo-limited", served_by("l")).status == 201
    assert put(standing, "limits/slow", limit, "admin").status == 201
    assert [chat(standing, "echo-limited").status for _ in range(2)] == [200, 429]
    assert [chat(standing, "echo-limited", tenant="globex").status for _ in range(2)] == [200, 200]
    assert put(standing, "models/echo-dear", served_by("d")).status == 201
    budget = {"scope": "tenant", "limit": "0.000001", "per": "day", "where": {"model": "echo-dear"}}
    assert put(standing, "budgets/small", budget, "admin").status == 201
    assert (chat(standing, "echo-dear").status, chat(standing, "echo-dear", tenant="globex").status) == (402, 200)
    status = standing.ask("GET", f"{ADMIN}/budgets/status", key_of("admin")).body
    row = next(one for one in status["items"] if one["budget"] == "small@acme")
    assert (row["limit"], row["spent"], row["about"]["tenant"], row["hard"]) == ("0.000001", "0.00", "acme", True)
    assert row["resets_at"] > row["starts_at"]
    others = standing.ask("GET", f"{ADMIN}/budgets/status", key_of("admin", "globex"))
    assert "small" not in others.raw.decode()
    assert standing.ask("DELETE", f"{ADMIN}/budgets/small", key_of("admin")).status == 200
    assert standing.ask("DELETE", f"{ADMIN}/limits/slow", key_of("admin")).status == 200


def test_what_does_not_fit_is_refused_with_every_problem_by_the_documents_own_fields(standing: Standing) -> None:
    bad = {"deployments": [{"provider": "nowhere", "model": "x", "wieght": 2}], "strategy": "guess"}
    said = put(standing, "models/bad", bad)
    assert (said.status, said.body["error_code"]) == (400, "REQUEST_INVALID")
    assert [one["field"] for one in said.body["details"]["problems"]] == ["deployments[0].wieght"]
    del bad["deployments"][0]["wieght"]
    said = put(standing, "models/bad", bad)
    fields = {one["field"] for one in said.body["details"]["problems"]}
    assert fields == {"deployments[0].provider", "strategy"}
    assert standing.ask("GET", f"{ADMIN}/models/bad", key_of("operator")).status == 404
    assert put(standing, "models/bad@acme", served_by("x")).status == 400


def test_a_provider_that_is_needed_cannot_be_withdrawn(standing: Standing) -> None:
    assert put(standing, "providers/needed", ECHO).status == 201
    assert put(standing, "models/needs-it", served_by("x", "needed")).status == 201
    said = standing.ask("DELETE", f"{ADMIN}/providers/needed", key_of("operator"))
    assert (said.status, said.body["error_code"]) == (400, "REQUEST_INVALID")
    assert chat(standing, "needs-it").status == 200


def test_who_read_an_older_version_changes_nothing(standing: Standing) -> None:
    assert put(standing, "models/raced", served_by("a"), version=0).status == 201
    assert put(standing, "models/raced", served_by("b"), version=1).status == 200
    late = put(standing, "models/raced", served_by("c"), version=1)
    assert (late.status, late.body["details"]["version"]) == (409, 2)
    by_header = standing.ask(
        "PUT", f"{ADMIN}/models/raced", key_of("operator"), {"document": served_by("c")}, {"if-match": '"1"'}
    )
    assert by_header.status == 409
    same = put(standing, "models/raced", served_by("b"))
    assert (same.status, same.body["version"]) == (200, 2)
    part = standing.ask(
        "PATCH", f"{ADMIN}/models/raced", key_of("operator"), {"document": {"strategy": "round_robin", "prices": None}}
    )
    assert (part.status, part.body["document"]["strategy"], "prices" in part.body["document"]) == (
        200,
        "round_robin",
        False,
    )


def test_a_row_of_the_file_is_shown_hidden_by_what_is_written_and_back_when_that_goes(standing: Standing) -> None:
    row = standing.ask("GET", f"{ADMIN}/providers/echo", key_of("viewer")).body
    assert (row["source"], row["version"], row["document"]) == ("file", 0, {"kind": "echo"})
    assert standing.ask("DELETE", f"{ADMIN}/providers/echo", key_of("operator")).status == 409
    assert put(standing, "models/echo-1", served_by("over-the-file")).status == 200
    diff = standing.ask("GET", f"{ADMIN}/config/diff", key_of("operator")).body["items"]
    found = next(one for one in diff if (one["kind"], one["name"], one["tenant"]) == ("models", "echo-1", ""))
    assert (found["in_file"], found["edited_beneath"]) == (True, False)
    assert {"field": "deployments[0].model", "file": "echo-1", "stored": "over-the-file"} in found["fields"]
    assert standing.ask("DELETE", f"{ADMIN}/models/echo-1", key_of("operator")).status == 200
    answer = standing.ask("GET", f"{ADMIN}/models", key_of("viewer", "globex")).body["items"]
    assert next(one["source"] for one in answer if one["name"] == "echo-1") == "file"


@pytest.mark.parametrize("role", ["manager", "user", "viewer", "auditor", "service"])
def test_only_admins_and_operators_write_providers(standing: Standing, role: str) -> None:
    assert put(standing, f"providers/by-{role}", ECHO, role).status == 403


def test_sections_of_everybody_are_operators(standing: Standing) -> None:
    assert put(standing, "routing", {"retries": 1}, "admin").status == 403
    said = put(standing, "routing", {"retries": 1, "deadline_s": 45})
    assert said.status in (200, 201)
    assert standing.ask("GET", f"{ADMIN}/routing", key_of("viewer")).body["document"]["retries"] == 1
    assert standing.ask("GET", f"{ADMIN}/config", key_of("operator")).body["routing"]["deadline_s"] == 45
    assert put(standing, "objects/default_model/default_model", {"value": "echo-1"}).status in (200, 201)
    assert chat(standing, "").status in (200, 400)
    body = {"messages": [{"role": "user", "content": "hello"}]}
    assert standing.ask("POST", "/v1/chat/completions", key_of("user", "globex"), body).status == 200
    bad = put(standing, "objects/unknown_price/unknown_price", {"value": "perhaps"})
    assert (bad.status, bad.body["error_code"]) == (400, "REQUEST_INVALID")


def test_a_tenants_price_is_its_own(standing: Standing) -> None:
    assert put(standing, "providers/priced", ECHO, "admin").status == 201
    override = {"provider": "priced", "model": "x", "prices": {"input": "7", "output": "9"}}
    assert put(standing, "objects/price_overrides/ours", override, "admin").status == 201
    model = {"deployments": [{"provider": "priced", "model": "x"}]}
    assert put(standing, "models/priced-1", model, "admin").status == 201
    rows = standing.ask("GET", f"{ADMIN}/models/priced-1/prices", key_of("admin")).body["items"]
    assert [(one["prices"]["input"], one["prices"]["source"]) for one in rows] == [("7.00", "tenant-override")]
    assert standing.ask("GET", f"{ADMIN}/models/priced-1/prices", key_of("admin", "globex")).status == 404
    assert "priced" not in standing.ask("GET", f"{ADMIN}/prices", key_of("admin", "globex")).raw.decode()
    assert standing.ask("GET", f"{ADMIN}/objects/price_overrides/ours", key_of("admin", "globex")).status == 404
    listed = standing.ask("GET", f"{ADMIN}/prices/catalogue?provider=openai&limit=3", key_of("admin")).body
    assert len(listed["items"]) == 3 and listed["next_cursor"]


def test_a_tenant_neither_prices_nor_renames_what_is_the_installations(standing: Standing) -> None:
    override = {"provider": "echo", "model": "echo-1", "prices": {"input": "0", "output": "0"}}
    assert put(standing, "objects/price_overrides/cheap", override, "admin").status == 400
    said = put(standing, "models/renamed", served_by("echo-1"), "admin")
    assert said.status == 400
    assert said.body["details"]["problems"][0]["field"] == "deployments[0].provider"


def test_a_manager_writes_limits_and_budgets_about_their_department_alone(standing: Standing) -> None:
    said = put(standing, "budgets/of-finance", {"scope": "team", "limit": "5.00", "per": "day"}, "manager")
    assert said.status == 201
    assert said.body["document"]["where"] == {"department": "finance"}
    wide = {"scope": "department", "match": "engineering", "limit": "5.00"}
    assert put(standing, "budgets/of-others", wide, "manager").status == 403
    assert put(standing, "budgets/of-all", {"scope": "tenant", "limit": "50.00"}, "admin").status == 201
    assert put(standing, "budgets/of-all", {"scope": "tenant", "limit": "5000.00"}, "manager").status == 403
    status = standing.ask("GET", f"{ADMIN}/budgets/status", key_of("manager")).body["items"]
    assert {one["budget"] for one in status} >= {"of-finance@acme"}
    assert all(one["about"].get("department", "finance") == "finance" for one in status)
    assert standing.ask("DELETE", f"{ADMIN}/budgets/of-finance", key_of("manager")).status == 200
    assert standing.ask("DELETE", f"{ADMIN}/budgets/of-all", key_of("admin")).status == 200


def test_a_budget_of_users_shows_those_who_have_no_key(standing: Standing) -> None:
    assert put(standing, "models/per-head", served_by("h")).status == 201
    each = {"scope": "user", "limit": "5.00", "per": "day", "where": {"model": "per-head"}}
    assert put(standing, "budgets/each", each, "admin").status == 201
    person = {"name": "Rosa", "email": "rosa@budgets.test"}
    known = standing.ask("POST", f"{ADMIN}/users", key_of("admin"), person).body["id"]
    plant(standing, spread(401, time.time(), user="by-token", key_id="", model="per-head"))

    def users(role: str, tenant: str) -> dict[str, str]:
        items = standing.ask("GET", f"{ADMIN}/budgets/status", key_of(role, tenant)).body["items"]
        return {one["about"]["user"]: one["spent"] for one in items if one["budget"].startswith("each")}

    assert {known, "by-token"} <= users("admin", "acme").keys()
    assert known not in users("manager", "acme"), "who is in no department is beyond a manager's reach"
    assert users("admin", "globex") == {}
    assert standing.ask("DELETE", f"{ADMIN}/budgets/each", key_of("admin")).status == 200


def test_what_a_budget_would_have_met_is_told_of_past_spending(standing: Standing) -> None:
    assert put(standing, "models/spends", served_by("s")).status == 201
    assert chat(standing, "spends", "admin").status == 200
    asked = {"scope": "model", "match": "spends", "limit": "0.000000001", "per": "day", "days": 2}

    def met() -> bool:
        said = standing.ask("POST", f"{ADMIN}/budgets/what-if", key_of("admin"), asked)
        assert said.status == 200, said.body
        return said.body["exceeded"] == 1 and said.body["items"][0]["subject"] == "spends"

    assert until(met, 20)
    theirs = standing.ask("POST", f"{ADMIN}/budgets/what-if", key_of("admin", "globex"), asked).body
    assert (theirs["windows"], theirs["exceeded"]) == (0, 0)
    said = standing.ask("POST", f"{ADMIN}/budgets/what-if", key_of("admin"), {**asked, "per": "9999d"})
    assert (said.status, said.body["details"]) == (400, {"field": "per"}), "no window is so long"


def test_what_was_spent_in_another_currency_is_not_added_to_a_budget_on_trial(standing: Standing) -> None:
    now = time.time()
    for number, currency in enumerate(("EUR", "USD")):
        plant(standing, spread(number, now - 60, model="two-currencies", cost_nano=7, currency=currency))
    asked = {"scope": "model", "match": "two-currencies", "limit": "1", "per": "year", "days": 2}
    found = standing.ask("POST", f"{ADMIN}/budgets/what-if", key_of("admin"), asked).body
    assert {one["spent"] for one in found["items"]} == {"0.000000007"}


def test_a_provider_is_tried_by_the_line_and_leaves_a_receipt(standing: Standing) -> None:
    assert put(standing, "providers/tried", ECHO, "admin").status in (200, 201)
    said = standing.ask("POST", f"{ADMIN}/providers/tried/test", key_of("admin"), {"model": "anything"})
    assert (said.status, said.body["ok"], said.body["model"]) == (200, True, "anything"), said.body
    assert said.body["receipt_id"]
    assert standing.ask("POST", f"{ADMIN}/providers/tried/test", key_of("admin"), {}).status == 400
    other = standing.ask("POST", f"{ADMIN}/providers/tried/test", key_of("admin", "globex"), {"model": "x"})
    assert other.status == 404
