"""Stored policies: judged before they are written, shared through the database, kept for a start without it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

from tests.line.world import ListRecorder
from tests.unit.wiring.offer import OFFER, read, written
from torana.core.errors import GatewayError
from torana.core.policies import Attachment
from torana.ports.policies import ANY_VERSION, PolicyStore, StoredPolicy
from torana.stores.memory import MemoryCounters
from torana.testing.clock import FakeClock
from torana.upstream.seam import Upstream
from torana.wiring.build import Parts
from torana.wiring.database import open_policies
from torana.wiring.live import Live, Stored
from torana.wiring.policing import Policing, last_known
from torana.wiring.policy_book import Book

TEXT = """tenants: [{id: acme}]
providers: [{id: echo, kind: echo}]
models: [{name: m, deployments: [{provider: echo, model: m}]}, {name: n, deployments: [{provider: echo, model: n}]}]
"""


class Lines:
    def __init__(self) -> None:
        self.said: list[str] = []

    def info(self, event: str, **fields: object) -> None:
        self.said.append(event)

    warning = info


class Replica:
    """One process."""

    running: ClassVar[list[Replica]] = []

    def __init__(self, url: str, folder: Path, text: str = TEXT) -> None:
        folder.mkdir(exist_ok=True)
        self.url, self.lines = url, Lines()
        clock = FakeClock()
        parts = Parts(clock, cast(Upstream, object()), MemoryCounters(), cast(Any, ListRecorder()), b"k" * 32)
        known = Stored(policies=last_known(folder))
        self.live = Live(read(written(folder, text)), known, parts, self.lines, OFFER)
        self.policing = Policing(self.open, folder, self.live, clock)
        self.book = Book(self.policing, self.live, lambda: self.live.rooms, clock.now)
        self.running.append(self)

    def open(self) -> PolicyStore:
        return open_policies(self.url)

    def permits(self, name: str, tenant: str = "acme") -> bool:
        return self.live.rooms.policy.chains.terms_for(Attachment(tenant)).models.permits(name)


def row(document: dict[str, Any] | None, version: int = ANY_VERSION, name: str = "mine") -> StoredPolicy:
    return StoredPolicy(name, version, "", document, 0.0, "key-1")


@pytest.fixture(autouse=True)
def stopped() -> Iterator[None]:
    """Each process gives up its connection in the end."""
    yield
    while Replica.running:
        Replica.running.pop().policing.close()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'shared.db'}"


async def test_what_one_replica_writes_holds_there_at_once_and_at_the_other_after_a_look(
    url: str, tmp_path: Path
) -> None:
    one, two = Replica(url, tmp_path / "a"), Replica(url, tmp_path / "b")
    written_row = await one.policing.write(row({"models": ["m"]}))
    assert (written_row.version, one.permits("n"), two.permits("n")) == (1, False, True)
    following = asyncio.ensure_future(two.policing.follow())
    async with asyncio.timeout(10):
        while two.permits("n"):
            await asyncio.sleep(0.01)
    following.cancel()
    assert two.book.rows()[-1].version == 1


async def test_a_broken_policy_is_neither_written_nor_taken(url: str, tmp_path: Path) -> None:
    one = Replica(url, tmp_path / "a")
    before = one.live.rooms
    with pytest.raises(GatewayError) as refused:
        await one.policing.write(row({"models": ["x"], "widen": ["all"]}))
    assert refused.value.code == "REQUEST_INVALID"
    assert [problem["field"] for problem in refused.value.details["problems"]] == ["models[0]", "widen[0]"]
    assert (list(await one.policing.history("mine", 9)), one.live.rooms) == ([], before)


async def test_a_version_that_is_gone_is_a_conflict_and_any_version_replaces_the_newest(
    url: str, tmp_path: Path
) -> None:
    one = Replica(url, tmp_path / "a")
    await one.policing.write(row({"models": ["m"]}, 0))
    with pytest.raises(GatewayError) as refused:
        await one.policing.write(row({}, 0))
    assert (refused.value.code, refused.value.details) == ("CONFLICT", {"version": 1})
    assert (await one.policing.write(row(None))).version == 2
    assert one.permits("n")
    assert (await one.policing.write(row({}))).version == 3


async def test_a_start_without_the_database_goes_by_the_last_known_policies(url: str, tmp_path: Path) -> None:
    await Replica(url, tmp_path / "a").policing.write(row({"models": ["m"]}))
    (tmp_path / "shared.db").unlink()
    again = Replica(f"sqlite:///{tmp_path / 'a' / 'missing' / 'x.db'}", tmp_path / "a")
    assert not again.permits("n")


async def test_a_database_that_is_away_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    one = Replica(f"sqlite:///{tmp_path / 'file' / 'x.db'}", tmp_path / "a")
    for asked in (one.policing.write(row({})), one.policing.history("mine", 1)):
        with pytest.raises(GatewayError) as refused:
            await asked  # type: ignore[misc]
        assert refused.value.code == "OVERLOADED"


async def test_a_file_that_the_stored_policies_do_not_fit_is_refused(url: str, tmp_path: Path) -> None:
    one = Replica(url, tmp_path / "a")
    await one.policing.write(row({"models": ["n"]}))
    smaller = read(written(tmp_path / "a", TEXT.replace("name: n", "name: other")))
    outcome = await one.live.reload(lambda: smaller)
    assert not outcome.taken and any("policy mine" in problem for problem in outcome.problems)
    assert one.live.rooms.snapshot.models.keys() == {"m", "n"}


async def test_a_replica_whose_file_does_not_fit_keeps_what_it_had_and_says_so(url: str, tmp_path: Path) -> None:
    await Replica(url, tmp_path / "a").policing.write(row({"models": ["n"]}))
    other = Replica(url, tmp_path / "b", TEXT.replace("name: n", "name: other"))
    with pytest.raises(Exception, match="does not exist"):
        await other.policing.follow()
    assert "policies.refused" in other.lines.said and other.permits("other")


async def test_the_book_tells_where_policies_come_from_and_what_they_come_to(url: str, tmp_path: Path) -> None:
    one = Replica(url, tmp_path / "a", TEXT + "policies: [{name: file, cache: false}]")
    await one.policing.write(row({"models": ["m"], "attach": [{"tenant": "acme"}]}))
    assert [(found.name, found.source) for found in one.book.rows()] == [
        ("default", "implied"), ("file", "file"), ("mine", "stored"),
    ]  # fmt: skip
    found = one.book.effective(Attachment("acme"))
    assert found.chain == [("everyone", "default"), ("everyone", "file"), ("tenant", "mine")]
    assert found.terms["models"] == {"within": [["m"]], "denied": []}
    assert (found.terms["cache"], found.policy.startswith("default+file+mine@")) == (False, True)
