"""What every store of kept things promises."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from torana.core.kept import BATCH, FILE, MAKING, OPEN, SETTLED, Kept, Lines, Page
from torana.ports.kept import Shelf, ShelfAway
from torana.stores.sql.kept import SqlShelf


@pytest.fixture
def shelf(database_url: str) -> Iterator[Shelf]:
    store = SqlShelf(database_url)
    yield store
    store.close()


def a_file(number: int, tenant: str = "acme", **facts: object) -> Kept:
    kept = Kept(tenant, FILE, f"file-{number}", "key-1", "openai", "c0ffee", 100.0 + number, purpose="batch")
    return kept._replace(**facts)


LINES = Lines("धर्म", "/v1/chat/completions", 3, 900, 300, 1)
FULL = Kept(
    tenant="acme",
    kind=BATCH,
    id="batch_1",
    key_id="key-1",
    provider="openai",
    credential="c0ffee",
    created_at=1_763_700_000.25,
    state=OPEN,
    purpose="",
    shown='{"id":"batch_1","metadata":{"क":"ख"}}'.encode(),
    department="finance",
    team="red",
    user="ann",
    lob="retail",
    upstream_model="gpt-x",
    lines=LINES,
    receipt_id="r1",
    context_tokens=12_345,
    watcher="one",
)


def ids(rows: object) -> list[str]:
    return [row.id for row in rows]  # type: ignore[attr-defined]


def test_a_row_comes_back_as_it_was(shelf: Shelf) -> None:
    shelf.put(FULL)
    shelf.put(a_file(1))
    assert shelf.find("acme", BATCH, "batch_1") == FULL
    assert shelf.find("acme", FILE, "file-1") == a_file(1)


def test_another_tenant_finds_lists_and_removes_nothing(shelf: Shelf) -> None:
    shelf.put(a_file(1))
    assert shelf.find("globex", FILE, "file-1") is None
    assert shelf.page("globex", FILE, Page()) == []
    assert not shelf.remove("globex", FILE, "file-1")
    assert shelf.find("acme", FILE, "file-1") is not None


def test_two_tenants_may_have_things_of_one_name(shelf: Shelf) -> None:
    shelf.put(a_file(1, provider="a"))
    shelf.put(a_file(1, "globex", provider="b"))
    assert shelf.remove("acme", FILE, "file-1")
    found = shelf.find("globex", FILE, "file-1")
    assert found is not None and found.provider == "b"


def test_a_row_that_is_put_again_is_replaced(shelf: Shelf) -> None:
    shelf.put(FULL)
    shelf.put(FULL._replace(state=SETTLED))
    assert shelf.find("acme", BATCH, "batch_1") == FULL._replace(state=SETTLED)
    assert len(shelf.page("acme", BATCH, Page())) == 1


def test_what_is_settled_stays_so_though_an_older_row_is_put(shelf: Shelf) -> None:
    shelf.put(FULL._replace(state=SETTLED))
    shelf.put(FULL._replace(shown=b"{}"))
    assert shelf.find("acme", BATCH, "batch_1") == FULL._replace(state=SETTLED, shown=b"{}")
    assert shelf.unsettled() == []
    assert not shelf.claim(FULL, "one", 1e10, 1.0)


def test_pages_go_on_where_the_last_one_ended_in_both_orders(shelf: Shelf) -> None:
    for number in range(5):
        shelf.put(a_file(number))
    shelf.put(FULL)
    first = shelf.page("acme", FILE, Page(limit=2))
    assert ids(first) == ["file-4", "file-3", "file-2"]
    assert ids(shelf.page("acme", FILE, Page(limit=2, after="file-3"))) == ["file-2", "file-1", "file-0"]
    assert ids(shelf.page("acme", FILE, Page(limit=9, after="file-3", oldest_first=True))) == ["file-4"]
    assert shelf.page("acme", FILE, Page(after="file-of-nobody")) == []


def test_rows_of_one_moment_are_each_listed_once(shelf: Shelf) -> None:
    for number in range(4):
        shelf.put(a_file(number, created_at=5.0))
    seen: list[str] = []
    after = ""
    while page := shelf.page("acme", FILE, Page(limit=1, after=after)):
        after = page[0].id
        seen.append(after)
    assert sorted(seen) == [f"file-{number}" for number in range(4)]


def test_a_list_can_be_of_one_purpose(shelf: Shelf) -> None:
    shelf.put(a_file(1))
    shelf.put(a_file(2, purpose="batch_output"))
    assert ids(shelf.page("acme", FILE, Page(purpose="batch_output"))) == ["file-2"]


def test_what_is_being_made_is_not_listed_but_is_not_settled_either(shelf: Shelf) -> None:
    shelf.put(FULL._replace(state=MAKING))
    assert shelf.page("acme", BATCH, Page()) == []
    assert ids(shelf.unsettled()) == ["batch_1"]


def test_unsettled_are_the_open_batches_of_all_tenants_the_oldest_first(shelf: Shelf) -> None:
    shelf.put(FULL._replace(id="b", created_at=2.0))
    shelf.put(FULL._replace(id="a", created_at=3.0))
    shelf.put(FULL._replace(id="c", tenant="globex", created_at=1.0))
    shelf.put(FULL._replace(id="d", state=SETTLED))
    shelf.put(a_file(1))
    assert ids(shelf.unsettled()) == ["c", "b", "a"]


def test_one_process_watches_a_batch_until_it_has_not_for_a_while(shelf: Shelf) -> None:
    shelf.put(FULL._replace(created_at=100.0))
    assert not shelf.claim(FULL, "two", 150.0, 90.0)
    assert shelf.claim(FULL, "one", 150.0, 90.0)
    assert not shelf.claim(FULL, "two", 200.0, 90.0)
    assert shelf.claim(FULL, "two", 241.0, 90.0)
    assert not shelf.claim(FULL, "one", 242.0, 90.0)
    assert not shelf.claim(FULL._replace(tenant="globex"), "one", 9_000.0, 90.0)


def test_a_row_that_is_put_again_keeps_its_watcher(shelf: Shelf) -> None:
    shelf.put(FULL._replace(created_at=100.0))
    assert shelf.claim(FULL, "two", 300.0, 90.0)
    shelf.put(FULL._replace(created_at=100.0, shown=b"{}"))
    assert not shelf.claim(FULL, "one", 310.0, 90.0)


def test_it_may_be_asked_from_many_threads(shelf: Shelf) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: shelf.put(a_file(number)), range(40)))
    assert len(shelf.page("acme", FILE, Page(limit=100))) == 40


def test_a_store_that_is_away_says_so() -> None:
    away = SqlShelf("postgresql://nobody@127.0.0.1:9/nothing?connect_timeout=2")
    with pytest.raises(ShelfAway):
        away.find("acme", FILE, "file-1")
