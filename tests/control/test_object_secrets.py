"""Credentials written through the admin API are used, and never seen again: not in answers, logs, exports or the database."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.control.conftest import made_database
from tests.control.standing import ADMIN, Said, Standing, configuration, key_of
from tests.databases import ENGINES
from tests.e2e.process import until
from tests.e2e.stage import Stage
from torana.stores import sql
from torana.testing.plays import CHAT, Exchange, head

KEY = "sk-upstream-written-5c1f8a2e"
OTHER = "sk-upstream-other-77aa10bd"
MASTER = "YmFzZTY0LW1hc3Rlci1rZXktMDEyMzQ1Njc4OWFiY2RlZmdo"


class Heard:
    """A play that answers every chat and remembers by which key it was asked."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    async def __call__(self, exchange: Exchange) -> None:
        self.keys.append(exchange.request.header("authorization") or "")
        await exchange.write(head(200, (("Content-Type", "application/json"),), len(CHAT)) + CHAT)


def provider(origin: str, key: str = KEY) -> dict[str, Any]:
    return {"kind": "openai", "base_url": f"{origin}/v1", "credentials": [{"api_key": key}]}


def put(standing: Standing, path: str, document: Any, who: str = "operator") -> Said:
    return standing.ask("PUT", f"{ADMIN}/{path}", key_of(who), {"document": document})


def chat(standing: Standing, model: str) -> Said:
    body = {"model": model, "messages": [{"role": "user", "content": "hello"}], "max_tokens": 5}
    return standing.ask("POST", "/v1/chat/completions", key_of("user"), body)


MODEL = {"deployments": [{"provider": "far", "model": "fake-1"}], "prices": {"input": "1", "output": "2"}}


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return made_database(request, tmp_path)


def ended(*all_of_them: Standing) -> None:
    for one in all_of_them:
        assert one.process.stop() == 0, one.process.tail()


def test_a_credential_is_used_masked_kept_by_its_mask_and_nowhere_in_the_clear(url: str, tmp_path: Path) -> None:
    heard = Heard()
    with Stage(heard) as far:
        one = Standing(tmp_path / "one", url, TORANA_MASTER_KEY=MASTER)
        two = Standing(tmp_path / "two", url, TORANA_MASTER_KEY=MASTER)
        said = put(one, "providers/far", provider(far.origin))
        assert said.status == 201, said.body
        mask = said.body["document"]["credentials"][0]["api_key"]
        assert mask.startswith("masked:") and KEY not in said.raw.decode()
        assert put(one, "models/far-1", MODEL).status == 201
        assert (chat(one, "far-1").status, heard.keys) == (200, [f"Bearer {KEY}"])
        # The other replica goes by it within a second.
        assert until(lambda: chat(two, "far-1").status == 200, 1.5)
        # What was read is written back: the mask stands for the secret, and nothing changes.
        same = put(one, "providers/far", said.body["document"])
        assert (same.status, same.body["version"]) == (200, 1)
        slower = {**said.body["document"], "timeout_s": {"total": 99}}
        assert put(one, "providers/far", slower).body["version"] == 2
        assert chat(one, "far-1").status == 200
        assert heard.keys[-1] == f"Bearer {KEY}"
        stranger = put(one, "providers/else", provider(far.origin, mask))
        assert (stranger.status, stranger.body["error_code"]) == (400, "REQUEST_INVALID")
        # A new secret takes the place of the old one in both.
        assert put(two, "providers/far", provider(far.origin, OTHER)).status == 200
        assert until(lambda: chat(one, "far-1").status == 200 and heard.keys[-1] == f"Bearer {OTHER}", 1.5)
        everything = [
            one.ask("GET", f"{ADMIN}/{path}", key_of("operator")).raw.decode()
            for path in ("providers", "providers/far/versions", "config/export", "config/diff", "config")
        ]
        back = one.ask("POST", f"{ADMIN}/providers/far/restore", key_of("operator"), {"version": 1})
        assert back.status == 200 and chat(one, "far-1").status == 200
        assert heard.keys[-1] == f"Bearer {KEY}"
        ended(one, two)
    with closing(sql.connect(url)) as connection:
        rows = connection.execute("SELECT document FROM config_objects").fetchall()
        rows += connection.execute("SELECT details FROM audit_entries").fetchall()
    written = "".join(str(row[0]) for row in rows)
    shelf = "".join(path.read_text("utf-8", "replace") for path in tmp_path.rglob("*.snapshot"))
    assert "sealed:v1:" in written and "sealed:v1:" in shelf
    for text in (written, shelf, one.left_behind(), two.left_behind(), *everything):
        assert KEY not in text and OTHER not in text


def test_a_secret_that_is_kept_by_its_mask_goes_to_no_other_address(tmp_path: Path) -> None:
    heard, thief = Heard(), Heard()
    with Stage(heard) as far, Stage(thief) as elsewhere:
        config = configuration(f"sqlite:///{tmp_path / 'torana.db'}", server={"tenant_private_urls": True})
        standing = Standing(tmp_path / "one", "", config, TORANA_MASTER_KEY=MASTER)
        there = put(standing, "providers/far", provider(far.origin), "admin").body["document"]
        assert put(standing, "models/far-1", MODEL, "admin").status == 201
        path = f"{ADMIN}/providers/far"
        for document in ({"base_url": f"{elsewhere.origin}/v1"}, {"base_url": far.origin.replace("http", "https")}):
            for method, whole in (("PATCH", document), ("PUT", {**there, **document})):
                said = standing.ask(method, path, key_of("admin"), {"document": whole})
                assert (said.status, said.body["details"]["field"]) == (400, "credentials[0].api_key"), said.body
        same = {"document": {"base_url": f"{far.origin}/v1/"}}
        assert standing.ask("PATCH", path, key_of("admin"), same).status == 200, "the address is the same"
        moved = put(standing, "providers/far", provider(elsewhere.origin, OTHER), "admin")
        assert moved.status == 200, moved.body
        back = standing.ask("POST", f"{path}/restore", key_of("admin"), {"version": 1})
        assert back.status == 200, "a version is its address and its secret"
        assert (chat(standing, "far-1").status, heard.keys, thief.keys) == (200, [f"Bearer {KEY}"], [])
        ended(standing)


def test_a_start_without_the_database_goes_by_what_was_known_last(tmp_path: Path) -> None:
    database = tmp_path / "torana.db"
    standing = Standing(tmp_path / "one", f"sqlite:///{database}", TORANA_MASTER_KEY=MASTER)
    assert put(standing, "models/kept", MODEL | {"deployments": [{"provider": "echo", "model": "x"}]}).status == 201
    ended(standing)
    config = json.loads(standing.file.read_text())
    config["database_url"] = "postgresql://nobody@127.0.0.1:9/gone?connect_timeout=1"
    standing.file.write_text(json.dumps(config))
    standing.start()
    assert chat(standing, "kept").status == 200
    standing.process.stop()


def test_a_tenants_provider_reaches_public_addresses_only(tmp_path: Path) -> None:
    heard = Heard()
    with Stage(heard) as far:
        config = configuration(f"sqlite:///{tmp_path / 'torana.db'}")
        standing = Standing(tmp_path / "one", "", config, TORANA_MASTER_KEY=MASTER, HOUSE_SECRET="the-houses-own")
        assert put(standing, "providers/far", provider(far.origin), "admin").status == 201
        assert put(standing, "models/far-1", MODEL, "admin").status == 201
        assert (chat(standing, "far-1").status, heard.keys) == (503, [])
        for bad in (
            provider(far.origin, "${HOUSE_SECRET}"),
            provider(far.origin, "vault:secret/house#key"),
            provider("https://example.com/${HOUSE_SECRET}"),
            {**provider(far.origin), "network": "inside"},
        ):
            said = put(standing, "providers/far", bad, "admin")
            assert (said.status, said.body["error_code"]) == (400, "REQUEST_INVALID"), bad
            assert "the-houses-own" not in said.raw.decode()
        config["server"] = {"tenant_private_urls": True}
        standing.file.write_text(json.dumps(config))
        assert standing.ask("POST", f"{ADMIN}/config/reload", key_of("operator")).status == 200
        assert chat(standing, "far-1").status == 200
        ended(standing)


def test_operators_write_references_which_stay_references(tmp_path: Path) -> None:
    heard = Heard()
    with Stage(heard) as far:
        standing = Standing(tmp_path / "one", f"sqlite:///{tmp_path / 'torana.db'}", UPSTREAM_KEY=KEY)
        said = put(standing, "providers/far", provider(far.origin, "${UPSTREAM_KEY}"))
        assert said.body["document"]["credentials"] == [{"api_key": "${UPSTREAM_KEY}"}]
        assert put(standing, "models/far-1", MODEL).status == 201
        assert (chat(standing, "far-1").status, heard.keys) == (200, [f"Bearer {KEY}"])
        assert put(standing, "providers/far", provider(far.origin, "${NO_SUCH_NAME}")).status == 400
        ended(standing)


def test_what_is_edited_in_the_file_beneath_is_told(tmp_path: Path) -> None:
    config = configuration(f"sqlite:///{tmp_path / 'torana.db'}")
    standing = Standing(tmp_path / "one", "", config)
    document = {"deployments": [{"provider": "echo", "model": "over"}]}
    assert put(standing, "models/echo-1", document).status == 200

    def edited() -> bool:
        items = standing.ask("GET", f"{ADMIN}/config/diff", key_of("operator")).body["items"]
        return bool(items[0]["edited_beneath"])

    assert not edited()
    config["models"][0]["deployments"] = [{"provider": "echo", "model": "edited"}]
    standing.file.write_text(json.dumps(config))
    assert standing.ask("POST", f"{ADMIN}/config/reload", key_of("operator")).status == 200
    assert edited()
    assert "config.edited_beneath" in standing.process.output()
    # Written again over the new file, it is no longer said.
    document = {"deployments": [{"provider": "echo", "model": "over-again"}]}
    assert put(standing, "models/echo-1", document).status == 200
    assert not edited()
    ended(standing)
