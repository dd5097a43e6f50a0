"""The audit trail of running gateways: what is written, who reads it, and that whatever is changed in it is named."""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.control.standing import ADMIN, Standing, configuration, key_of
from tests.control.usage import opened, plant, spread
from tests.e2e import mould
from tests.e2e.process import bare_environment, until
from torana.control.audit import queries
from torana.core.chain import entries_of
from torana.core.errors import GatewayError
from torana.core.tickets import Found
from torana.stores import sql
from torana.stores.sql import audit_chain


def hold(standing: Standing, reason: str, tenant: str = "acme") -> str:
    said = standing.ask("POST", f"{ADMIN}/audit/legal-holds", key_of("admin", tenant), {"reason": reason})
    assert said.status == 201, said.body
    return str(said.body["id"])


def end(standing: Standing, hold_id: str, tenant: str = "acme") -> int:
    return standing.ask("DELETE", f"{ADMIN}/audit/legal-holds/{hold_id}", key_of("admin", tenant)).status


def logs(standing: Standing, query: str = "", key: str = "") -> list[dict[str, Any]]:
    said = standing.ask("GET", f"{ADMIN}/audit/logs?limit=500{query}", key or key_of("auditor"))
    assert said.status == 200, said.body
    found: list[dict[str, Any]] = said.body["items"]
    return found


def chat(standing: Standing, tenant: str = "acme") -> None:
    body = {"model": "echo-1", "messages": [{"role": "user", "content": "hello"}]}
    assert standing.ask("POST", "/v1/chat/completions", key_of("user", tenant), body).status == 200


def chains(standing: Standing, tenant: str = "acme") -> dict[str, dict[str, Any]]:
    said = standing.ask("GET", f"{ADMIN}/audit/verify", key_of("auditor", tenant))
    assert said.status == 200, said.body
    return {one["chain"]: one for one in said.body["chains"]}


def test_a_change_is_in_the_trail_with_who_when_and_where(standing: Standing) -> None:
    reason = f"court order {uuid.uuid4()}"
    hold_id = hold(standing, reason)
    (entry,) = [one for one in logs(standing) if one["target"] == f"hold:{hold_id}"]
    assert (entry["kind"], entry["action"], entry["outcome"]) == ("security", "audit.hold", "ok")
    assert entry["actor"].startswith("key:")
    assert (entry["actor_role"], entry["address"]) == ("admin", "127.0.0.1")
    assert entry["details"] == {"reason": reason}
    assert entry["request_id"]
    assert end(standing, hold_id) == 204
    assert end(standing, hold_id) == 404


def test_who_asked_for_a_change_that_they_may_not_make_is_among_the_security_events(standing: Standing) -> None:
    name = f"team-{uuid.uuid4().hex[:12]}"
    body = {"id": name, "name": name, "department": "sales"}
    assert standing.ask("POST", f"{ADMIN}/teams?{name}", key_of("viewer"), body).status == 403
    assert standing.ask("DELETE", f"{ADMIN}/teams/{name}", key_of("viewer")).status == 403
    assert standing.ask("GET", f"{ADMIN}/audit/logs?{name}", key_of("user")).status == 403, "only looked"
    said = standing.ask("GET", f"{ADMIN}/audit/security-events?limit=500", key_of("auditor"))
    mine = [one for one in said.body["items"] if one["action"] == "admin.denied" and one["actor_role"] == "viewer"]
    (gone,) = [one for one in mine if name in one["details"]["path"]]
    assert (gone["kind"], gone["outcome"]) == ("security", "denied")
    assert gone["target"] == f"route:DELETE {ADMIN}/teams/{{team_id}}"
    assert "teams" in gone["details"]["why"] and gone["request_id"] and gone["address"] == "127.0.0.1"
    assert any(one["target"] == f"route:POST {ADMIN}/teams" for one in mine)
    assert not [one for one in said.body["items"] if one["target"].startswith("route:GET")]


def test_a_legal_hold_that_begins_at_this_moment_keeps_everybody_from_being_erased(database_url: str) -> None:
    def erase() -> None:
        with closing(sql.connect(database_url)) as other, other:
            queries.erase(other, "acme", "ann", "erased-1")

    with closing(sql.connect(database_url)) as first, ThreadPoolExecutor(1) as pool:
        queries.begin_hold(first, "acme", ("hld_1", "court order", 1.0, "key:k"))
        erased = pool.submit(erase)
        with pytest.raises(TimeoutError):
            erased.result(0.3)
        first.commit()
        with pytest.raises(GatewayError, match="legal hold"):
            erased.result(10)


def test_personal_data_and_secrets_do_not_get_into_the_trail(standing: Standing) -> None:
    hold_id = hold(standing, "complaint of ravi@example.com, card 4111 1111 1111 1111")
    (entry,) = [one for one in logs(standing) if one["target"] == f"hold:{hold_id}"]
    assert "ravi@example.com" not in json.dumps(entry)
    assert "4111 1111" not in json.dumps(entry)
    end(standing, hold_id)


def test_a_tenant_reads_its_own_trail_only(standing: Standing) -> None:
    mine, theirs = hold(standing, "ours"), hold(standing, "theirs", "globex")
    targets = {one["target"] for one in logs(standing)}
    assert f"hold:{mine}" in targets
    assert f"hold:{theirs}" not in targets
    assert end(standing, theirs) == 404
    end(standing, mine)
    end(standing, theirs, "globex")


def test_pages_go_on_where_they_ended_and_filters_hold(standing: Standing) -> None:
    for _ in range(5):
        end(standing, hold(standing, "paging"))
    first = standing.ask("GET", f"{ADMIN}/audit/logs?limit=4&action=audit.hold", key_of("auditor")).body
    after = f"{ADMIN}/audit/logs?limit=4&action=audit.hold&cursor={first['next_cursor']}"
    ids = [one["id"] for one in first["items"] + standing.ask("GET", after, key_of("auditor")).body["items"]]
    assert ids == sorted(set(ids), reverse=True)
    assert len(first["items"]) == 4
    assert {one["action"] for one in first["items"]} == {"audit.hold"}
    summary = standing.ask("GET", f"{ADMIN}/audit/summary", key_of("auditor")).body
    counted = {(one["kind"], one["action"]): one["count"] for one in summary["items"]}
    assert counted["security", "audit.hold"] >= 5
    assert summary["total"] == sum(counted.values())


def test_an_export_is_the_trail_and_in_the_trail(standing: Standing) -> None:
    hold_id = hold(standing, "=1+1")
    end(standing, hold_id)
    lines = standing.ask("POST", f"{ADMIN}/audit/export", key_of("auditor"), {}).raw.decode().splitlines()
    assert f"hold:{hold_id}" in {json.loads(line)["target"] for line in lines}
    table = standing.ask("POST", f"{ADMIN}/audit/export", key_of("auditor"), {"format": "csv"}).raw.decode()
    assert f"hold:{hold_id}" in table
    assert '"=' not in table.replace('""', "").replace('{"', "")
    assert [one["outcome"] for one in logs(standing, "&action=audit.export")][:2] == ["ok", "ok"]
    wrong = standing.ask("POST", f"{ADMIN}/audit/export", key_of("auditor"), {"kinds": ["gossip"]})
    assert (wrong.status, wrong.body["error_code"]) == (400, "REQUEST_INVALID")


def test_each_ai_request_has_an_entry_and_the_whole_trail_is_proved(standing: Standing) -> None:
    before = chains(standing).get("requests", {"entries": 0})["entries"]
    for _ in range(3):
        chat(standing)
    assert until(lambda: chains(standing).get("requests", {"entries": 0})["entries"] == before + 3, 10)
    assert all(one["whole"] for one in chains(standing).values()), chains(standing)


def test_a_person_is_erased_and_the_trail_stays_whole(standing: Standing) -> None:
    before = chains(standing).get("requests", {"entries": 0})["entries"]
    chat(standing)
    assert until(lambda: chains(standing).get("requests", {"entries": 0})["entries"] > before, 10)
    ask = {"user": "ann", "reason": "asked for by herself"}
    held = hold(standing, "not now")
    assert standing.ask("POST", f"{ADMIN}/audit/erasures", key_of("admin"), ask).status == 409
    end(standing, held)
    said = standing.ask("POST", f"{ADMIN}/audit/erasures", key_of("admin"), ask)
    assert said.status == 200, said.body
    assert said.body["requests"] > 0
    assert all(one["whole"] for one in chains(standing).values()), chains(standing)
    assert standing.ask("POST", f"{ADMIN}/audit/erasures", key_of("admin"), ask).body["requests"] == 0


def test_requests_are_exported_one_entry_each_where_they_are_asked_for(standing: Standing) -> None:
    def taken(**asked: Any) -> list[dict[str, Any]]:
        said = standing.ask("POST", f"{ADMIN}/audit/export", key_of("auditor"), asked)
        assert said.status == 200, said.body
        return [json.loads(line) for line in said.raw.splitlines()]

    body = {"model": "echo-1", "messages": [{"role": "user", "content": "hello"}]}
    said = standing.ask("POST", "/v1/chat/completions", key_of("service"), body)

    def of_it() -> list[dict[str, Any]]:
        found = taken(kinds=["request"])
        assert {one["kind"] for one in found} <= {"request"}
        return [one for one in found if one["request_id"] == said.headers["x-request-id"]]

    assert until(lambda: len(of_it()) == 1, 10)
    (entry,) = of_it()
    assert (entry["actor"], entry["action"], entry["outcome"]) == ("user:robot", "ai.chat", "completed")
    assert (entry["target"], entry["address"]) == ("model:echo-1", "127.0.0.1")
    assert (entry["details"]["provider"], entry["details"]["status"]) == ("echo", 200)
    assert taken(kinds=["request"], until="1990-01-01T00:00:00Z") == []
    assert taken(kinds=["request"], since="2990-01-01T00:00:00Z") == []
    assert not [one for one in taken() if one["kind"] == "request"]
    table = standing.ask("POST", f"{ADMIN}/audit/export", key_of("auditor"), {"kinds": ["request"], "format": "csv"})
    assert entry["request_id"] in table.raw.decode()
    theirs = standing.ask("POST", f"{ADMIN}/audit/export", key_of("auditor", "globex"), {"kinds": ["request"]})
    assert entry["request_id"] not in theirs.raw.decode()


def test_what_guardrails_found_is_among_the_security_events_page_by_page(standing: Standing) -> None:
    def events(query: str = "", tenant: str = "acme") -> Any:
        said = standing.ask("GET", f"{ADMIN}/audit/security-events?{query}", key_of("auditor", tenant))
        assert said.status == 200, said.body
        return said.body

    def finding(does: str) -> Found:
        return Found("secrets@1", "github_token", "input", "messages[0].content", 0, 9, "f5346d6aa757667c", does)

    now = time.time()
    blocked = spread(301, now - 5, findings=[finding("flag"), finding("block")], user="mallory", address="192.0.2.9")
    masked = spread(302, now - 3, findings=[finding("redact")], user="")
    plant(standing, blocked, masked, spread(303, now - 2))
    end(standing, hold(standing, "between them"))
    items = [one for one in events("limit=500")["items"] if one["kind"] == "guardrail"]
    told = {one["id"]: one for one in items}
    assert told[blocked.receipt_id]["outcome"] == "denied"
    assert told[blocked.receipt_id]["action"] == "guardrail.block"
    assert (told[blocked.receipt_id]["actor"], told[blocked.receipt_id]["address"]) == ("user:mallory", "192.0.2.9")
    assert told[blocked.receipt_id]["details"]["findings"][1]["guardrail"] == "secrets@1"
    assert (told[masked.receipt_id]["action"], told[masked.receipt_id]["actor"]) == ("guardrail.redact", "key:key-1")
    assert not told.keys() & {one["id"] for one in events("limit=500", "globex")["items"]}

    said = standing.ask("POST", f"{ADMIN}/audit/export", key_of("auditor"), {"kinds": ["guardrail"]})
    assert [json.loads(line)["id"] for line in said.raw.splitlines()] == [one["id"] for one in reversed(items)]

    whole, paged, cursor = events("limit=500")["items"], [], ""
    while cursor is not None:
        page = events(f"limit=2&cursor={cursor}")
        paged += page["items"]
        cursor = page["next_cursor"]
    assert [one["id"] for one in paged] == [one["id"] for one in whole]
    late = standing.ask("GET", f"{ADMIN}/audit/security-events?cursor=.1-';--", key_of("auditor"))
    assert (late.status, late.body["details"]) == (400, {"field": "cursor"})


def pseudonyms(standing: Standing, tenant: str) -> tuple[list[str], set[str]]:
    """Whose each request of the chain is, oldest first; and the pseudonyms behind which somebody is known."""
    with opened(standing) as connection:
        links = audit_chain.links(connection, tenant, audit_chain.REQUESTS)
        found = [json.loads(entry)[0] for link in links for entry in entries_of(link)]
        rows = connection.execute("SELECT pseudonym FROM audit_persons WHERE tenant = ?", (tenant,)).fetchall()
    return found, {row[0] for row in rows}


def test_what_somebody_asks_after_an_erasure_does_not_tell_whose_the_erased_requests_were(standing: Standing) -> None:
    def asked(count: int) -> list[str]:
        chat(standing, "globex")
        assert until(lambda: len(pseudonyms(standing, "globex")[0]) == count, 10)
        return pseudonyms(standing, "globex")[0]

    before = asked(len(pseudonyms(standing, "globex")[0]) + 1)[-1]
    body = {"user": "ann", "reason": "asked for by herself"}
    said = standing.ask("POST", f"{ADMIN}/audit/erasures", key_of("admin", "globex"), body)
    assert said.status == 200, said.body
    found = asked(len(pseudonyms(standing, "globex")[0]) + 1)
    assert found.count(before) >= 1
    assert found[-1] != before, "her next request would lead back to all of them"
    assert found[-1] in pseudonyms(standing, "globex")[1], "and could never be told of again"
    assert all(one["whole"] for one in chains(standing, "globex").values())


def proved(folder: Path, *words: str) -> tuple[int, str]:
    """``torana audit`` in a process of its own."""
    done = mould.ran(("audit", *words), folder, bare_environment())
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """The folder of a gateway that has ended: with a trail of changes and requests, signed."""
    folder = tmp_path_factory.mktemp("ended")
    (folder / "made").mkdir()
    gateway = Standing(folder, "")
    for _ in range(4):
        end(gateway, hold(gateway, "a reason"))
        chat(gateway)
    assert until(lambda: chains(gateway).get("requests", {"entries": 0})["entries"] == 4, 10)
    assert gateway.process.stop() == 0
    return folder


def copied(ended: Path, folder: Path) -> sqlite3.Connection:
    """The database of that gateway, to be tampered with, under a data folder of its own."""
    (folder / "data").mkdir()
    source = sqlite3.connect(next(ended.rglob("torana.db")))
    target = sqlite3.connect(folder / "data" / "torana.db")
    source.backup(target)
    source.close()
    return target


def flipped(rows: sqlite3.Connection) -> None:
    body = bytearray(rows.execute("SELECT body FROM audit_links WHERE chain = 'admin' AND number = 3").fetchone()[0])
    body[len(body) // 2] ^= 4
    rows.execute("UPDATE audit_links SET body = ? WHERE chain = 'admin' AND number = 3", (bytes(body),))


def swapped(rows: sqlite3.Connection) -> None:
    for old, new in ((2, -1), (3, 2), (-1, 3)):
        rows.execute("UPDATE audit_links SET number = ? WHERE chain = 'admin' AND number = ?", (new, old))


def truncated(rows: sqlite3.Connection) -> None:
    rows.execute("DELETE FROM audit_links WHERE chain = 'admin' AND number > 4")
    last = rows.execute(
        "SELECT number, first + count - 1, digest FROM audit_links WHERE chain = 'admin' AND number = 4"
    ).fetchone()
    rows.execute("UPDATE audit_heads SET number = ?, entries = ?, digest = ? WHERE chain = 'admin'", last)
    kept = rows.execute("SELECT id FROM audit_entries ORDER BY id LIMIT 4").fetchall()
    rows.execute(f"DELETE FROM audit_entries WHERE id NOT IN ({','.join('?' * 4)})", [one[0] for one in kept])


TAMPERINGS: dict[str, tuple[Callable[[sqlite3.Connection], object], str]] = {
    "a bit": (flipped, "entry 3"),
    "a dropped link": (
        lambda rows: rows.execute("DELETE FROM audit_links WHERE chain = 'admin' AND number = 3"),
        "entry 3",
    ),
    "two swapped": (swapped, "entry 2"),
    "a cut end": (truncated, "entry 5"),
    "a dropped row": (
        lambda rows: rows.execute(
            "DELETE FROM audit_entries WHERE id = (SELECT id FROM audit_entries ORDER BY id LIMIT 1)"
        ),
        "entry 1",
    ),
    "a changed row": (
        lambda rows: rows.execute(
            "UPDATE audit_entries SET outcome = 'denied' WHERE id = (SELECT id FROM audit_entries ORDER BY id LIMIT 1)"
        ),
        "entry 1",
    ),
    "an invented row": (
        lambda rows: rows.execute(
            "INSERT INTO audit_entries SELECT 'aud_zz', tenant, at, kind, action, outcome, actor, actor_name, actor_role, "
            "target, address, request_id, details FROM audit_entries LIMIT 1"
        ),
        "no entry speaks of",
    ),
    "a cheaper request": (
        lambda rows: rows.execute("UPDATE usage_facts SET cost_nano = cost_nano - 1"),
        "requests: at entry 1",
    ),
}


def test_what_nobody_touched_is_whole_and_signed(ended: Path, tmp_path: Path) -> None:
    copied(ended, tmp_path).close()
    code, said = proved(tmp_path, "verify", "--database", "--data-dir", str(tmp_path / "data"))
    assert code == 0, said
    assert "whole" in said
    assert "BROKEN" not in said
    code, said = proved(tmp_path, "keys", "--data-dir", str(tmp_path / "data"))
    assert code == 0, said


@pytest.mark.parametrize("what", TAMPERINGS)
def test_the_first_entry_that_is_not_as_it_was_is_named(ended: Path, tmp_path: Path, what: str) -> None:
    tamper, named = TAMPERINGS[what]
    rows = copied(ended, tmp_path)
    tamper(rows)
    rows.commit()
    rows.close()
    code, said = proved(tmp_path, "verify", "--database", "--data-dir", str(tmp_path / "data"))
    assert (code, named in said, said.count("BROKEN")) == (1, True, 1), said


def test_an_exported_file_proves_itself_until_it_is_changed_or_cut(ended: Path, tmp_path: Path) -> None:
    copied(ended, tmp_path).close()
    file = tmp_path / "acme.jsonl"
    code, said = proved(tmp_path, "export", str(file), "--tenant", "acme", "--data-dir", str(tmp_path / "data"))
    assert code == 0, said
    assert proved(tmp_path, "verify", str(file))[0] == 0
    lines = file.read_bytes().splitlines(keepends=True)
    links = [place for place, line in enumerate(lines) if b'"link"' in line and b'"admin"' in line]
    (tmp_path / "cut.jsonl").write_bytes(b"".join(line for place, line in enumerate(lines) if place != links[-1]))
    code, said = proved(tmp_path, "verify", str(tmp_path / "cut.jsonl"))
    assert (code, "had 8 entries" in said) == (1, True), said
    (tmp_path / "less.jsonl").write_bytes(b"".join(line for place, line in enumerate(lines) if place != links[1]))
    code, said = proved(tmp_path, "verify", str(tmp_path / "less.jsonl"))
    assert (code, "entry 2 " in said) == (1, True), said
    code, said = proved(tmp_path, "verify", str(file), "--key", "00" * 32)
    assert (code, "not signed by a known key" in said) == (1, True), said


def test_a_tenant_of_whatever_name_takes_its_trail_away(tmp_path: Path) -> None:
    odd, key = 'a"; b, x: अधिकोष', "sk-torana-test-odd-auditor-0123456789abcdef"
    config = configuration(f"sqlite:///{tmp_path / 'torana.db'}")
    config["tenants"].append({"id": odd})
    config["keys"].append({"name": "odd", "key": key, "tenant": odd, "permissions": ["role:auditor"]})
    gateway = Standing(tmp_path, "", config)
    try:
        for form in ("jsonl", "csv", "chain"):
            said = gateway.ask("POST", f"{ADMIN}/audit/export", key, {"format": form})
            assert said.status == 200, said.body
            assert said.headers["content-disposition"].startswith('attachment; filename="audit-a-b-x-')
            assert "x" not in said.headers
        proofs = gateway.ask("GET", f"{ADMIN}/audit/verify", key).body["chains"]
        assert {one["tenant"] for one in proofs if one["whole"]} == {odd}
    finally:
        assert gateway.process.stop() == 0
