"""Configuration as code against a running gateway, by the routes and by the command line."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from tests.control.standing import ADMIN, Standing, key_of
from tests.e2e import mould
from tests.e2e.process import bare_environment, until

MASTER = "YmFzZTY0LW1hc3Rlci1rZXktMDEyMzQ1Njc4OWFiY2RlZmdo"
NEW = "bmV3LW1hc3Rlci1rZXktMDEyMzQ1Njc4OWFiY2RlZmdoaWpr"
PAGE = """
providers:
- {id: coded, kind: echo}
models:
- name: coded-1
  deployments: [{provider: coded, model: x}]
  prices: {input: '1', output: '2'}
limits:
- {id: coded-limit, tenant: globex, scope: user, requests: 500, per: 1h}
"""


class Ran(NamedTuple):
    """What a command said."""

    code: int
    out: str
    err: str


def torana(folder: Path, *words: str, **environment: str) -> Ran:
    done = mould.ran(words, folder, bare_environment(**environment))
    return Ran(done.returncode, done.stdout, done.stderr)


def chat(standing: Standing, model: str) -> int:
    body = {"model": model, "messages": [{"role": "user", "content": "hello"}]}
    return standing.ask("POST", "/v1/chat/completions", key_of("user"), body).status


def test_a_page_is_applied_to_a_running_gateway_once_and_again_without_a_change(
    standing: Standing, tmp_path: Path
) -> None:
    (tmp_path / "page.yaml").write_text(PAGE)
    words = ("page.yaml", "--url", standing.origin)
    key = {"TORANA_API_KEY": key_of("operator")}
    assert torana(tmp_path, "config", "diff", *words, **key).code == 1
    ran = torana(tmp_path, "config", "apply", *words, **key)
    assert (ran.code, sorted(ran.out.split("\n")[:-1])) == (
        0, ["written limits coded-limit of globex", "written models coded-1", "written providers coded"],
    )  # fmt: skip
    assert chat(standing, "coded-1") == 200
    assert torana(tmp_path, "config", "apply", *words, **key) == Ran(0, "", "nothing differs\n")
    out = tmp_path / "out.yaml"
    assert torana(tmp_path, "config", "export", "--url", standing.origin, "--out", str(out), **key).code == 0
    assert torana(tmp_path, "config", "diff", str(out), "--prune", "--url", standing.origin, **key).code == 0
    assert "+ models coded-1:" in torana(tmp_path, "config", "diff", "--url", standing.origin, **key).out
    (tmp_path / "page.yaml").write_text("models: [{name: coded-1, deployments: [{provider: gone, model: x}]}]")
    bad = torana(tmp_path, "config", "apply", *words, **key)
    assert (bad.code, bad.out) == (2, "")
    assert "deployments[0].provider" in bad.err
    assert torana(tmp_path, "config", "apply", *words).err.startswith("torana config: TORANA_API_KEY is not set")


def test_admins_apply_for_their_tenant_alone(standing: Standing) -> None:
    def applied(text: str, who: str = "admin") -> int:
        return standing.ask("POST", f"{ADMIN}/config/apply", key_of(who), {"yaml": text}).status

    assert applied("providers: [{id: ours-coded, kind: echo}]") == 200
    row = standing.ask("GET", f"{ADMIN}/providers/ours-coded", key_of("admin")).body
    assert row["tenant"] == "acme"
    assert standing.ask("GET", f"{ADMIN}/providers/ours-coded", key_of("admin", "globex")).status == 404
    assert applied("providers: [{id: theirs, tenant: globex, kind: echo}]") == 403
    assert applied("routing: {retries: 1}") == 403
    assert applied("providers: [", "operator") == 400
    assert applied("models: []", "viewer") == 403
    for name in ("config/diff", "config/export"):
        told = standing.ask("GET", f"{ADMIN}/{name}", key_of("admin", "globex"))
        assert told.status == 200 and "ours-coded" not in told.raw.decode()


def test_the_command_line_writes_to_the_database_of_a_running_gateway(tmp_path: Path) -> None:
    standing = Standing(tmp_path / "one", f"sqlite:///{tmp_path / 'torana.db'}", TORANA_MASTER_KEY=MASTER)
    page = tmp_path / "page.yaml"
    page.write_text(
        PAGE + "\nprice_overrides: [{object: dear, provider: echo, model: x, prices: {input: '9', output: '9'}}]"
    )
    here = ("--config", str(standing.file), "--data-dir", str(standing.data))
    ran = torana(tmp_path, "config", "apply", str(page), *here, TORANA_MASTER_KEY=MASTER)
    assert (ran.code, len(ran.out.splitlines())) == (0, 4), ran
    assert until(lambda: chat(standing, "coded-1") == 200, 1.5)
    page.write_text(
        "providers: [{id: far, kind: openai, base_url: 'http://127.0.0.1:9/v1', credentials: [{api_key: sk-far-1}]}]"
    )
    assert torana(tmp_path, "config", "apply", str(page), *here, TORANA_MASTER_KEY=MASTER).code == 0
    weak = torana(tmp_path, "secrets", "reencrypt", *here, TORANA_MASTER_KEY=MASTER, TORANA_NEW_MASTER_KEY="weak")
    assert (weak.code, "too weak" in weak.err) == (1, True)
    wrong = torana(tmp_path, "secrets", "reencrypt", *here, TORANA_MASTER_KEY=NEW, TORANA_NEW_MASTER_KEY=MASTER)
    assert (wrong.code, "nothing was changed" in wrong.err) == (1, True)
    done = torana(tmp_path, "secrets", "reencrypt", *here, TORANA_MASTER_KEY=MASTER, TORANA_NEW_MASTER_KEY=NEW)
    assert (done.code, done.out.startswith("1 version sealed with the new key")) == (0, True), done
    assert chat(standing, "coded-1") == 200
    assert standing.process.stop() == 0
    standing.environment["TORANA_MASTER_KEY"] = NEW
    standing.start()
    assert chat(standing, "coded-1") == 200
    assert standing.process.stop() == 0
