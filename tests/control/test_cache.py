"""The cache in the office: what it saves is shown, it is emptied, and a wrong answer is never served again; each to its tenant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.control.standing import ADMIN, Said, Standing, configuration, key_of
from tests.e2e.process import until

CACHE = f"{ADMIN}/cache"


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Any) -> Iterator[Standing]:
    folder = tmp_path_factory.mktemp("cache")
    (folder / "torana.db").write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{folder / 'torana.db'}"
    cache = {"exact": {"enabled": True}, "semantic": {"enabled": True, "by_policy": False}}
    found = Standing(folder, url, configuration(url, cache=cache))
    yield found
    assert found.process.stop() == 0, found.process.tail()


def asked(gate: Standing, text: str, tenant: str = "acme", role: str = "user", **more: Any) -> Said:
    body = {"model": "echo-1", "messages": [{"role": "user", "content": text}], **more}
    said = gate.ask("POST", "/v1/chat/completions", key_of(role, tenant), body)
    assert said.status == 200, said.body
    return said


def stats(gate: Standing, role: str = "admin", tenant: str = "acme") -> Any:
    said = gate.ask("GET", f"{CACHE}/stats", key_of(role, tenant))
    assert said.status == 200, said.body
    return said.body


def test_it_shows_what_is_kept_and_what_was_saved(gate: Standing) -> None:
    before = stats(gate)
    asked(gate, "figures")
    hit = asked(gate, "figures")
    assert hit.headers["x-torana-cache"] == "hit"
    assert until(lambda: stats(gate)["hits"] == before["hits"] + 1, 5)
    now = stats(gate)
    assert (now["enabled"], now["store"], now["semantic"]) == (True, "memory", "on")
    assert now["entries"] >= 1 and now["bytes"] > 0
    assert now["tokens_saved"] > before["tokens_saved"]
    assert float(now["cost_saved"]) > float(before["cost_saved"])
    (row,) = [one for one in now["items"] if one["team"] == "books"]
    assert row["model"] == "echo-1"


def test_another_tenant_sees_and_empties_nothing_of_it(gate: Standing) -> None:
    said = asked(gate, "ours alone")
    assert asked(gate, "ours alone", "globex").headers["x-torana-cache"] == "miss"
    asked(gate, "ours alone")
    theirs = stats(gate, tenant="globex")
    assert theirs["hits"] == 0
    gate.ask("DELETE", CACHE, key_of("admin", "globex"))
    hit = asked(gate, "ours alone")
    assert hit.headers["x-torana-cache"] == "hit"
    other = gate.ask("POST", f"{CACHE}/feedback", key_of("admin", "globex"), {"id": hit.headers["x-torana-cache-id"]})
    assert (other.status, other.body["error_code"]) == (404, "NOT_FOUND")
    assert said.status == 200


@pytest.mark.parametrize(
    ("role", "read", "write"),
    [("admin", 200, 200), ("manager", 200, 403), ("viewer", 200, 403), ("auditor", 200, 403), ("user", 403, 403)],
)
def test_who_may(gate: Standing, role: str, read: int, write: int) -> None:
    key = key_of(role)
    assert gate.ask("GET", f"{CACHE}/stats", key).status == read
    assert gate.ask("DELETE", f"{CACHE}?model=nothing", key).status == write
    assert gate.ask("GET", f"{CACHE}/trials", key).status == write
    missing = gate.ask("POST", f"{CACHE}/feedback", key, {"id": "0" * 64}).status
    assert missing == (404 if write == 200 else 403)
    assert gate.ask("GET", f"{CACHE}/stats").status == 401


def test_it_is_emptied_by_model_age_and_id_and_the_audit_trail_says_so(gate: Standing) -> None:
    admin = key_of("admin")
    asked(gate, "one to clear")
    asked(gate, "two to clear")
    id_ = asked(gate, "one to clear").headers["x-torana-cache-id"]
    assert gate.ask("DELETE", f"{CACHE}?model=other", admin).body["removed"] == 0
    assert gate.ask("DELETE", f"{CACHE}?older_than_s=3600", admin).body["removed"] == 0
    assert gate.ask("DELETE", f"{CACHE}?id={id_}", admin).body == {"status": "cleared", "removed": 1}
    assert asked(gate, "one to clear").headers["x-torana-cache"] == "miss"
    assert gate.ask("DELETE", f"{CACHE}?model=echo-1", admin).body["removed"] >= 2
    assert asked(gate, "two to clear").headers["x-torana-cache"] == "miss"
    assert gate.ask("DELETE", f"{CACHE}?id=..%2F", admin).status == 400


def test_a_wrong_answer_is_never_given_to_that_question_again(gate: Standing) -> None:
    asked(gate, "What is the capital of Peru?")
    probing = {"cache": {"no-store": True}}

    def probe() -> Said:
        return asked(gate, "What is Peru's capital?", **probing)

    # At first the sentence model is being loaded, and nothing is found in other words.
    assert until(lambda: probe().headers["x-torana-cache"] == "semantic-hit", 20)
    hit = probe()
    assert 0.92 <= float(hit.headers["x-torana-cache-similarity"]) <= 1
    assert until(lambda: stats(gate)["semantic_hits"] >= 2, 5)
    said = gate.ask("POST", f"{CACHE}/feedback", key_of("admin"), {"id": hit.headers["x-torana-cache-id"]})
    assert (said.status, said.body["removed"], said.body["questions"]) == (200, 1, 1)
    assert said.body["similarity"] > 0.92
    asked(gate, "What is the capital of Peru?")
    assert probe().headers["x-torana-cache"] == "miss"


def test_what_was_saved_is_known_after_a_restart_too(gate: Standing) -> None:
    asked(gate, "before the restart")
    asked(gate, "before the restart")
    assert until(lambda: stats(gate)["hits"] >= 1, 5)
    before = stats(gate)
    assert gate.process.stop() == 0
    gate.start()
    assert until(lambda: gate.ask("GET", f"{CACHE}/stats", key_of("admin")).status == 200, 20)
    now = stats(gate)
    assert (now["hits"], now["cost_saved"], now["tokens_saved"]) >= (
        before["hits"],
        before["cost_saved"],
        before["tokens_saved"],
    )
    assert now["entries"] == 0
    said = gate.ask("GET", f"{CACHE}/stats?days=1", key_of("admin"))
    assert said.body["hits"] == now["hits"]
    assert gate.ask("GET", f"{CACHE}/stats?days=0", key_of("admin")).status == 400
