"""Settings to the Snapshot: keys by digest, prices in nano-units, ranks, rules, and a digest of the content."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.wiring.offer import read, written
from torana.core.keys import key_digest
from torana.core.snapshot import Breaker, KeyEntry, LimitRule, Probe, Snapshot
from torana.core.tickets import Rule
from torana.ports.store import StoredKey
from torana.wiring.compile import capabilities, compile_snapshot
from torana.wiring.prices.book import PriceBook
from torana.wiring.settings_models import Deployment, Model

HASH = b"k" * 32
NOW = 1_790_000_000.0
KEY = "sk-0123456789-a-key"
TREE = "tenants: [{id: acme, departments: [{id: it, teams: [red]}]}]\n"
MODELS = """
providers: [{id: a, kind: echo}, {id: b, kind: hosted, base_url: "http://h"}, {id: c, kind: echo}]
models:
  - name: m
    deployments:
      - {provider: a, model: ma}
      - {provider: b, model: mb, weight: 3, region: eu}
      - {provider: c, model: mc, priority: 7}
    prices: {input: "0.15", output: 0.6, cache_read: "0.075", request: "0.0000002"}
    capabilities: [tools]
  - {name: unpriced, deployments: [{provider: a, model: x}]}
"""


def snapshot(folder: Path, text: str, *stored: StoredKey, version: int = 1) -> Snapshot:
    settings = read(written(folder, text)).settings
    return compile_snapshot(settings, stored, version, HASH, PriceBook(settings, NOW))


def stored(text: str, *, revoked: bool = False) -> StoredKey:
    return StoredKey(key_digest(HASH, text), KeyEntry("key_1", "stored", "sk-", "acme", revoked=revoked))


def test_an_empty_configuration_compiles() -> None:
    empty = compile_snapshot(read().settings, (), 4, HASH, PriceBook(read().settings, NOW))
    assert (empty.version, empty.keys, empty.models, empty.limits, empty.guardrails) == (4, {}, {}, (), ())


def test_a_key_of_the_file_is_found_by_its_keyed_digest_and_is_nowhere_itself(tmp_path: Path) -> None:
    text = TREE + (
        f"keys: [{{name: My app, key: {KEY}, tenant: acme, team: red, permissions: [a, b], expires_at: 2027-01-31,"
        " ip_allow: [10.0.0.0/8], metadata: {env: prod}}]"
    )
    compiled = snapshot(tmp_path, text)
    entry = compiled.keys[key_digest(HASH, KEY)]
    assert (entry.key_id, entry.tenant, entry.department, entry.team) == ("file-my-app", "acme", "it", "red")
    assert (entry.permissions, entry.expires_at, entry.ip_allow) == (frozenset("ab"), 1801353600.0, ("10.0.0.0/8",))
    assert entry.metadata == {"env": "prod"}
    assert KEY not in repr(compiled)


def test_a_key_hash_is_taken_as_it_is(tmp_path: Path) -> None:
    digest = key_digest(HASH, KEY)
    assert list(snapshot(tmp_path, f"keys: [{{name: a, key_hash: '{digest.hex().upper()}'}}]").keys) == [digest]


def test_stored_keys_join_those_of_the_file(tmp_path: Path) -> None:
    compiled = snapshot(tmp_path, f"keys: [{{name: a, key: {KEY}}}]", stored("other"))
    assert {entry.name for entry in compiled.keys.values()} == {"a", "stored"}


def test_the_file_wins_over_a_stored_key_unless_that_was_revoked(tmp_path: Path) -> None:
    text = f"keys: [{{name: a, key: {KEY}}}]"
    assert snapshot(tmp_path, text, stored(KEY)).keys[key_digest(HASH, KEY)].name == "a"
    assert snapshot(tmp_path, text, stored(KEY, revoked=True)).keys[key_digest(HASH, KEY)].revoked


def test_prices_are_exact_nano_units_and_cached_input_costs_as_input_unless_said(tmp_path: Path) -> None:
    models = snapshot(tmp_path, MODELS).models
    prices = models["m"].prices
    assert prices is not None
    assert (prices.input_nano, prices.output_nano, prices.cache_read_nano) == (150_000_000, 600_000_000, 75_000_000)
    assert (prices.cache_write_nano, prices.request_nano, prices.currency) == (150_000_000, 200, "USD")
    assert models["unpriced"].prices is None


@pytest.mark.parametrize(
    ("order", "priorities"),
    [("", [1, 1, 7]), ("provider_priority: [b, a]\n", [2, 1, 7]), ("provider_priority: [hosted]\n", [2, 1, 7])],
)
def test_deployments_are_ranked_by_themselves_then_by_provider_priority(
    tmp_path: Path, order: str, priorities: list[int]
) -> None:
    model = snapshot(tmp_path, order + MODELS).models["m"]
    assert [one.priority for one in model.deployments] == priorities
    assert [(one.provider, one.model, one.weight, one.region) for one in model.deployments] == [
        ("a", "ma", 1, ""), ("b", "mb", 3, "eu"), ("c", "mc", 1, ""),
    ]  # fmt: skip


def test_limits_become_rules_with_ids_that_stay(tmp_path: Path) -> None:
    text = TREE + (
        f"keys: [{{name: My app, key: {KEY}}}]\n"
        "limits:\n"
        "  - {scope: key, requests: 600, per: 1m}\n"
        "  - {scope: user, concurrency: 8}\n"
        "  - {scope: team, match: red, requests: 5, per: 1h, id: red}\n"
        "  - {scope: key, match: My app, requests: 1, per: 1s}\n"
        "  - {scope: user, concurrency: 8}\n"
    )
    assert snapshot(tmp_path, text).limits == (
        LimitRule("key-requests-600-per-60s", "key", None, "requests", 600, 60.0),
        LimitRule("user-concurrency-8", "user", None, "concurrency", 8, 0.0),
        LimitRule("red", "team", "red", "requests", 5, 3600.0),
        LimitRule("key=My app-requests-1-per-1s", "key", "file-my-app", "requests", 1, 1.0),
        LimitRule("user-concurrency-8#2", "user", None, "concurrency", 8, 0.0),
    )


def test_the_default_policy_names_the_guardrails_in_order_or_all_of_them(tmp_path: Path) -> None:
    rows = "guardrails: [{id: x, kind: keywords, words: [a]}, {id: y, kind: keywords, words: [b]}]\n"
    assert snapshot(tmp_path, rows).guardrails == (Rule("x", side="both"), Rule("y", side="both"))
    chosen = snapshot(tmp_path, rows + "policies: [{name: default, guardrails: [y], assumed_max_tokens: 9}]")
    assert (chosen.guardrails, chosen.assumed_max_tokens) == ((Rule("y", side="both"),), 9)


def test_the_policy_s_version_changes_with_what_it_does_and_with_nothing_else(tmp_path: Path) -> None:
    rows = "guardrails: [{id: x, kind: keywords, words: [%s]}]\n"
    first = snapshot(tmp_path, rows % "a").policy
    assert first == snapshot(tmp_path, rows % "a" + "routing: {retries: 1}").policy
    assert first != snapshot(tmp_path, rows % "b").policy
    assert first.startswith("default@")


def test_the_digest_is_of_the_content_only(tmp_path: Path) -> None:
    first = snapshot(tmp_path, MODELS)
    assert first.digest == snapshot(tmp_path, "# other text\n" + MODELS, version=2).digest
    assert first.digest != snapshot(tmp_path, MODELS.replace("0.15", "0.16")).digest
    assert first.digest != snapshot(tmp_path, MODELS, stored("x")).digest


def test_the_digest_is_the_same_in_every_process(tmp_path: Path) -> None:
    text = f"keys: [{{name: a, key: {KEY}, permissions: [a, b, c, d, e]}}]\n" + MODELS
    program = (
        "import sys; from pathlib import Path; from tests.unit.wiring.test_compile import snapshot;"
        "print(snapshot(Path(sys.argv[1]), sys.argv[2]).digest)"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path), text],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert digests == {snapshot(tmp_path, text).digest + "\n"}


def test_a_deployment_may_have_prices_of_its_own(tmp_path: Path) -> None:
    text = MODELS.replace("{provider: a, model: ma}", "{provider: a, model: ma, prices: {input: 1, output: 2}}")
    first, second, _ = snapshot(tmp_path, text).models["m"].deployments
    assert first.prices is not None and (first.prices.input_nano, first.prices.output_nano) == (10**9, 2 * 10**9)
    assert second.prices is None


def test_the_breaker_is_on_unless_it_is_taken_out(tmp_path: Path) -> None:
    assert snapshot(tmp_path, "").breaker == Breaker(5, 30.0, 30.0)
    assert snapshot(tmp_path, "routing: {breaker: {failures: 2, open_s: 60}}").breaker == Breaker(2, 30.0, 60.0)
    assert snapshot(tmp_path, "routing: {breaker: null}").breaker is None


@pytest.mark.parametrize(
    ("provider", "model", "own", "wanted"),
    [
        (None, (), None, None),
        (None, ("tools",), None, {"tools"}),
        (("tools", "vision"), (), None, {"tools", "vision"}),
        (("tools", "vision"), ("tools", "audio"), None, {"tools"}),
        ((), (), None, set()),
        (("tools",), ("tools",), ("vision",), {"vision"}),
        (("tools",), (), (), set()),
    ],
)
def test_a_deployment_may_do_what_it_says_else_what_provider_and_model_both_declare(
    provider: tuple[str, ...] | None, model: tuple[str, ...], own: tuple[str, ...] | None, wanted: set[str] | None
) -> None:
    row = Deployment(provider="p", model="up", capabilities=own)
    assert capabilities(row, Model(name="m", deployments=(row,), capabilities=model), provider) == wanted


def test_what_the_rows_declare_is_in_the_snapshot(tmp_path: Path) -> None:
    text = MODELS.replace("priority: 7", "priority: 7, capabilities: [vision], context_tokens: 9")
    text = text.replace("capabilities: [tools]", "capabilities: [tools]\n    context_tokens: 8")
    found = snapshot(tmp_path, text).models
    assert [(one.capabilities, one.context_tokens) for one in found["m"].deployments] == [
        ({"tools"}, 8), ({"tools"}, 8), ({"vision"}, 9),
    ]  # fmt: skip
    assert found["unpriced"].deployments[0].capabilities is None


def test_fallbacks_of_each_kind_are_in_the_snapshot(tmp_path: Path) -> None:
    rows = "".join(f"  - {{name: {name}, deployments: [{{provider: a, model: x}}]}}\n" for name in ("n", "long", "lax"))
    kinds = "    fallbacks: [n]\n    context_window_fallbacks: [long, n]\n    content_policy_fallbacks: [lax]\n"
    text = MODELS.replace("    capabilities: [tools]\n", "    capabilities: [tools]\n" + kinds) + rows
    found = snapshot(tmp_path, text).models["m"]
    assert found.fallbacks == ("n",)
    assert found.context_window_fallbacks == ("long", "n")
    assert found.content_policy_fallbacks == ("lax",)
    assert found.all_fallbacks == ("n", "long", "lax")


def test_a_provider_is_probed_its_own_way_else_that_of_all_and_not_at_all_unless_somebody_says_so(
    tmp_path: Path,
) -> None:
    host = "kind: hosted, base_url: 'https://h.example', credentials: [{api_key: k}]"
    rows = (
        f"[{{id: a, {host}}}, {{id: b, {host}, probe: {{timeout_s: 1}}}}, {{id: c, {host}, probe: {{enabled: false}}}}]"
    )
    assert snapshot(tmp_path, f"providers: {rows}").probes == {"b": Probe(30.0, 1.0, 2)}
    everywhere = snapshot(tmp_path, f"providers: {rows}\nrouting: {{probe: {{interval_s: 9, failures: 3}}}}")
    assert everywhere.probes == {"a": Probe(9.0, 5.0, 3), "b": Probe(30.0, 1.0, 2)}
