"""Stored objects as code: what is exported is applied again without a change, whatever they say."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from torana.control.objects.queries import every_version
from torana.core.errors import GatewayError
from torana.core.secret import Secret
from torana.records.entries import Entries
from torana.records.log import configure_logging
from torana.stores import sql
from torana.stores.migrations.upgrade import upgrade
from torana.testing.clock import FakeClock
from torana.wiring.auditing import Auditing
from torana.wiring.find import available
from torana.wiring.masking import mask_of
from torana.wiring.object_desk import Desk, changes, exported, keep, reseal
from torana.wiring.object_pages import objects_of_page, read_page
from torana.wiring.objecting import laying_of
from torana.wiring.options import Overrides
from torana.wiring.problems import ConfigError
from torana.wiring.sealing import Sealer, Unsealable, sealer_of, sealer_with
from torana.wiring.settings import load

FILE = """
tenants: [{id: acme, departments: [{id: finance, teams: [books]}]}, {id: globex}]
providers: [{id: echo, kind: echo}]
models: [{name: base, deployments: [{provider: echo, model: base}]}]
"""
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,12}", fullmatch=True)
OWNERS = st.sampled_from(["", "acme", "globex"])
AMOUNTS = st.decimals(min_value=0, max_value=10**6, places=4).map(str)
KEYS = st.text("abcdefghijkmnpqrstuvwxyz0123456789", min_size=20, max_size=30).map(lambda one: f"sk-{one}")
PROVIDERS = st.one_of(
    st.just({"kind": "echo"}),
    st.fixed_dictionaries(
        {
            "kind": st.just("openai"),
            "credentials": st.lists(st.fixed_dictionaries({"api_key": KEYS}), min_size=1, max_size=3),
        }
    ),
)
MODELS = st.fixed_dictionaries(
    {"deployments": st.just([{"provider": "echo", "model": "m"}])},
    optional={
        "prices": st.fixed_dictionaries({"input": AMOUNTS, "output": AMOUNTS}),
        "strategy": st.sampled_from(["priority", "weighted"]),
        "capabilities": st.lists(st.sampled_from(["tools", "vision"]), unique=True),
    },
)
LIMITS = st.fixed_dictionaries(
    {
        "scope": st.sampled_from(["key", "user", "model"]),
        "requests": st.integers(1, 10**6),
        "per": st.sampled_from(["30s", "1m", "1h"]),
    }
)
BUDGETS = st.fixed_dictionaries(
    {
        "scope": st.sampled_from(["tenant", "user", "team"]),
        "limit": AMOUNTS,
        "per": st.sampled_from(["day", "month", "7d"]),
    },
    optional={"hard": st.booleans(), "alerts": st.lists(st.sampled_from([0.5, 0.8, 1.0]), unique=True)},
)
ROWS = {"providers": PROVIDERS, "models": MODELS, "limits": LIMITS, "budgets": BUDGETS}
NAMED_BY = {"providers": "id", "models": "name", "limits": "id", "budgets": "id"}


@st.composite
def pages(draw: st.DrawFn) -> dict[str, Any]:
    page: dict[str, Any] = {}
    for section, rows in ROWS.items():
        names = draw(st.lists(st.tuples(OWNERS, NAMES), unique=True, max_size=3))
        page[section] = [
            {NAMED_BY[section]: name, **({"tenant": tenant} if tenant else {}), **draw(rows)} for tenant, name in names
        ]
    for row in page["models"]:
        if tenant := row.get("tenant"):
            row["deployments"] = [{"provider": "own", "model": "m"}]
            own = {"id": "own", "tenant": tenant, "kind": "echo"}
            page["providers"] = [
                one for one in page["providers"] if (one["id"], one.get("tenant")) != ("own", tenant)
            ] + [own]
    if draw(st.booleans()):
        page["routing"] = {"retries": draw(st.integers(0, 5))}
    if draw(st.booleans()):
        page["default_model"] = "base"
    return page


@contextmanager
def desk(master: str = "") -> Iterator[Desk]:
    """The database of an installation of its own."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "torana.yaml").write_text(FILE)
        configured = load(folder / "torana.yaml", {}, Overrides(data_dir=name), available()).settings
        clock = FakeClock(1_790_000_000.0)
        sealer = sealer_of(folder / "secrets", {"TORANA_MASTER_KEY": master} if master else {})
        trail = Auditing(
            mask_of(configured.audit, b"k" * 32),
            clock,
            Entries(None, (), clock, configure_logging("info", SINK, clock)),
        )
        upgrade(f"sqlite:///{folder / 'torana.db'}")
        yield Desk(configured, laying_of(available(), sealer, {}), clock, trail, "test")


class _Nowhere:
    def write(self, data: bytes) -> int:
        return len(data)

    def flush(self) -> None:
        """Nothing."""


SINK: Any = _Nowhere()


def applied(there: Desk, text: str, prune: bool = False) -> int:
    counted, rows = changes(there, text, prune)
    if rows:
        keep(there, rows, counted)
    return len(rows)


@given(pages())
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_exported_and_applied_differs_in_nothing(page: dict[str, Any]) -> None:
    with desk() as there:
        first = applied(there, json.dumps(page))
        assert first == sum(len(page[section]) for section in ROWS) + ("routing" in page) + ("default_model" in page)
        text = exported(there)
        for row in page["providers"]:
            for one in row.get("credentials", ()):
                assert one["api_key"] not in text
        assert applied(there, text) == 0
        assert applied(there, text, prune=True) == 0
        assert exported(there) == text
        assert applied(there, "", prune=True) == first
        assert exported(there) == ""


ONE_SECRET = "providers: [{id: far, kind: openai, credentials: [{api_key: sk-upstream-in-a-page}]}]"


def test_a_page_of_another_installation_says_which_secrets_must_be_given() -> None:
    with desk() as there, desk() as other:
        applied(there, ONE_SECRET)
        with pytest.raises(GatewayError, match=r"credentials\[0\].api_key: this stands for a secret that is not here"):
            changes(other, exported(there), prune=False)


def test_every_version_is_sealed_anew_or_none() -> None:
    master, new = "k7Jq2vX9mP4wR8tZ1nB6cD3fG5hL0sYa", sealer_with(Secret("q" * 3 + "another-master-key-of-the-house"))
    with desk(master) as there:
        applied(there, ONE_SECRET)
        applied(there, ONE_SECRET.replace("sk-upstream-in", "sk-upstream-now-in"))
        before = documents(there)
        assert reseal(there, new) == 2
        after = documents(there)
        assert len(after) == len(before) == 2 and not set(after) & set(before)
        with pytest.raises(Unsealable):
            reseal(there, new)
        assert documents(there) == after


def test_nobody_writes_under_the_old_key_while_every_version_is_sealed_anew() -> None:
    new = sealer_with(Secret("q" * 3 + "another-master-key-of-the-house"))
    refused: list[str] = []

    class Meddled(Sealer):
        def seal(self, text: str, about: str) -> str:
            with closing(sqlite3.connect(f"{there.settings.data_dir}/torana.db", timeout=0)) as connection:
                try:
                    connection.execute("UPDATE versions SET version = version + 1 WHERE name = 'config_objects'")
                except sqlite3.OperationalError as fault:
                    refused.append(str(fault))
            return new.seal(text, about)

    with desk() as there:
        applied(there, ONE_SECRET)
        assert reseal(there, Meddled(lambda: b"")) == 1
    assert refused == ["database is locked"]


def documents(there: Desk) -> list[str]:
    url = f"sqlite:///{there.settings.data_dir}/torana.db"
    with closing(sql.connect(url)) as connection:
        return [str(one.document) for one in every_version(connection)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("server: {port: 1}", "server: is not written here, but in the file"),
        ("models: {a: 1}", "models: expected a list"),
        ("models: [{deployments: []}]", r"models\[0\]: has no name"),
        ("models: [{name: a}, {name: a}]", r'models\[1\]: "a" is there twice'),
        ("routing: 7", "routing: expected a mapping"),
        ("[1]", "must be a mapping"),
    ],
)
def test_what_cannot_be_written_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        list(objects_of_page(read_page(text), ""))


def test_a_page_that_does_not_fit_changes_nothing() -> None:
    with desk() as there:
        page = "providers: [{id: good, kind: echo}]\nmodels: [{name: a, deployments: [{provider: gone, model: x}]}]"
        with pytest.raises(GatewayError, match="models a: deployments"):
            applied(there, page)
        assert exported(there) == ""
