"""The list of revoked tokens, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from torana.core.tokens import BY_ID, BY_SUBJECT, Revocation
from torana.stores.sql.revoked_tokens import KEPT_AFTER_EXPIRY_S, SqlRevocations

ONE = Revocation("acme", BY_ID, "t1", 0.0, "https://a.test", 500.0)
ALL = Revocation("acme", BY_SUBJECT, "धर्म@acme.test", 100.25)


@pytest.fixture
def store(database_url: str) -> Iterator[SqlRevocations]:
    opened = SqlRevocations(database_url)
    yield opened
    opened.close()


def test_rows_come_back_as_they_were(store: SqlRevocations) -> None:
    store.add(ONE, "key-1 ann", 1.0)
    store.add(ALL, "key-1 ann", 2.0)
    assert list(store.load()) == [ONE, ALL]


def test_the_version_grows_with_every_change_and_only_then(store: SqlRevocations) -> None:
    assert store.version() == 0
    store.add(ONE, "x", 1.0)
    store.add(ALL, "x", 1.0)
    version = store.version()
    store.load()
    assert (version, store.version()) == (2, 2)


def test_of_two_revocations_the_later_moment_stands(store: SqlRevocations) -> None:
    for before in (100.0, 300.0, 200.0):
        store.add(ALL._replace(before=before), "x", 1.0)
    assert [row.before for row in store.load()] == [300.0]


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [(500.0, 600.0, 600.0), (600.0, 500.0, 600.0), (500.0, None, None), (None, 500.0, None)],
)
def test_an_entry_is_kept_for_the_longer_of_two_times(
    store: SqlRevocations, first: float | None, second: float | None, kept: float | None
) -> None:
    store.add(ONE._replace(expires_at=first), "x", 1.0)
    store.add(ONE._replace(expires_at=second), "x", 2.0)
    assert [row.expires_at for row in store.load()] == [kept]


def test_tenants_and_issuers_have_entries_of_their_own(store: SqlRevocations) -> None:
    rows = {ONE, ONE._replace(tenant="globex"), ONE._replace(issuer=""), ONE._replace(kind=BY_SUBJECT)}
    for row in rows:
        store.add(row, "x", 1.0)
    assert set(store.load()) == rows


def test_what_expired_long_ago_is_forgotten_with_the_next_change(store: SqlRevocations) -> None:
    store.add(ONE, "x", 1.0)
    store.add(ALL, "x", 500.0 + KEPT_AFTER_EXPIRY_S)
    assert list(store.load()) == [ONE, ALL]
    store.add(ALL, "x", 501.0 + KEPT_AFTER_EXPIRY_S)
    assert list(store.load()) == [ALL]


def test_many_may_revoke_at_once(store: SqlRevocations) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: store.add(ONE._replace(value=f"t{number}"), "x", 1.0), range(40)))
    assert (len(store.load()), store.version()) == (40, 40)
