"""Requests about files and batches: whose they are, what is written down, and what is held and given back."""

from __future__ import annotations

import asyncio

import pytest

from tests.line.shelves import Keeping, MemoryShelf, keepers
from tests.line.world import KEY, PRICES, World, model, snapshot
from torana.core.call import Ask, Call, Usage
from torana.core.errors import GatewayError
from torana.core.faults import ConnectFailed, ConnectionBroken
from torana.core.kept import BATCH, FILE, MAKING, OPEN, Kept, Lines, Made, Page, Wanted
from torana.core.snapshot import BudgetRule, KeyEntry
from torana.line.batches import Batches, most_of
from torana.line.kept import Desk, answer_kept, list_kept
from torana.line.owners import Owners

LINES = Lines("m", "/v1/chat/completions", 2, 600, 50, 1)
BUDGET = BudgetRule("b", "tenant", None, 10_000_000_000, "month")
UPLOAD = Wanted(FILE, "make", purpose="batch", lines=LINES)


class Office:
    """A world with a desk."""

    def __init__(self, *, budget: BudgetRule = BUDGET, key: KeyEntry | None = None) -> None:
        facts = {"key": key} if key is not None else {}
        self.world = World(snapshot(model("m"), model("other"), budgets=(budget,), **facts))
        keepers(self.world)
        self.provider = Keeping(self.world)
        self.world.providers["p"] = self.provider  # type: ignore[assignment]
        self.shelf = MemoryShelf()
        self.bills: dict[bytes, Usage | None] = {}
        made = iter(range(1, 1000))
        owners = Owners(self.shelf)
        batches = Batches(owners, self.world.clock, lambda: f"bill-{next(made)}", self.bills.get, "w")
        self.desk = Desk(owners, batches)

    def call(self, wanted: Wanted, name: str | None = None) -> Call:
        ask = Ask(name, max_tokens=0, counted_bytes=0, texts=(), kept=wanted)
        trail = self.world.trail()
        return Call("files", "files", b"", [("authorization", f"Bearer {KEY}")], lambda _: ask, trail)

    async def ask(self, wanted: Wanted, name: str | None = None) -> int:
        closing = await answer_kept(self.call(wanted, name), self.world.rooms, self.desk)
        async for _ in closing:
            pass
        await closing.aclose()
        return closing.reply.status

    async def uploaded(self, lines: Lines | None = LINES) -> None:
        self.provider.says = Made(FILE, "file-1")
        await self.ask(UPLOAD._replace(lines=lines), "m" if lines else None)

    async def begun(self, name: str = "batch_1") -> Kept:
        self.provider.says = Made(BATCH, name)
        await self.ask(BEGIN)
        return self.shelf.rows["acme", BATCH, name]

    @property
    def held(self) -> int:
        return self.world.money_held()


BEGIN = Wanted(BATCH, "make", source="file-1", endpoint="/v1/chat/completions")


async def test_an_upload_is_written_down_with_its_owner_and_the_credential() -> None:
    office = Office()
    await office.uploaded()
    row = office.shelf.rows["acme", FILE, "file-1"]
    assert (row.key_id, row.team, row.provider, row.upstream_model) == ("key-1", "red", "p", "up-m")
    assert (row.credential, row.lines, row.purpose) == ("c0ffee", LINES, "batch")
    (receipt,) = office.world.recorder.receipts
    assert (receipt.ending, receipt.cost_nano, receipt.priced) == ("completed", 0, True)


async def test_an_upload_that_was_refused_is_not_written_down() -> None:
    office = Office()
    office.provider.status = 400
    assert await office.ask(UPLOAD, "m") == 400
    assert office.shelf.rows == {}


async def test_an_upload_whose_id_nobody_knows_is_an_error() -> None:
    office = Office()
    with pytest.raises(GatewayError) as refused:
        await office.ask(UPLOAD, "m")
    assert refused.value.code == "UPSTREAM_ERROR"
    assert [one.ending for one in office.world.recorder.receipts] == ["internal"]
    assert office.world.tally.holds_open == 0


async def test_a_follow_up_goes_where_the_thing_is_with_the_credential_that_made_it() -> None:
    office = Office()
    await office.uploaded()
    await office.ask(Wanted(FILE, "read", "file-1"))
    pin = office.provider.asked[-1].pin
    assert pin is not None and (pin.provider, pin.credential) == ("p", "c0ffee")


@pytest.mark.parametrize("deed", ["read", "content", "drop"])
async def test_anothers_thing_is_as_unknown_as_none_and_nothing_is_sent(deed: str) -> None:
    office = Office()
    await office.uploaded()
    row = office.shelf.rows.pop(("acme", FILE, "file-1"))
    office.shelf.rows["globex", FILE, "file-1"] = row._replace(tenant="globex")
    fresh = Office()
    fresh.shelf.rows = office.shelf.rows
    told = []
    for name in ("file-1", "file-2"):
        with pytest.raises(GatewayError) as refused:
            await fresh.ask(Wanted(FILE, deed, name))
        told.append((refused.value.code, refused.value.message, refused.value.param))
    assert told[0] == told[1] and told[0][0] == "NOT_FOUND"
    assert fresh.provider.asked == []
    assert [one.status for one in fresh.world.recorder.receipts] == [404, 404]


@pytest.mark.parametrize(("status", "said"), [(200, Made(FILE, "file-1", over=True)), (404, None)])
async def test_what_was_deleted_or_is_gone_is_forgotten(status: int, said: Made | None) -> None:
    office = Office()
    await office.uploaded()
    office.provider.status, office.provider.says = status, said
    await office.ask(Wanted(FILE, "drop", "file-1"))
    assert office.shelf.rows == {}
    with pytest.raises(GatewayError):
        await office.ask(Wanted(FILE, "read", "file-1"))


async def test_a_batch_holds_what_its_lines_can_cost_at_most_beyond_the_request() -> None:
    office = Office()
    await office.uploaded()
    assert office.held == 0
    row = await office.begun()
    most = most_of(row, office.world.snapshot)
    assert most.output == 50 + office.world.snapshot.assumed_max_tokens
    dearest = PRICES.input_nano * 600 + PRICES.output_nano * most.output
    assert office.held == dearest // 1_000_000
    assert (row.state, row.receipt_id, row.team, row.lines) == (OPEN, "bill-1", "red", LINES)
    assert [key for key in office.shelf.rows if key[1] == BATCH] == [("acme", BATCH, "batch_1")]


async def test_a_batch_of_a_model_that_the_key_may_not_use_is_refused() -> None:
    office = Office()
    await office.uploaded()
    narrow = Office(key=KeyEntry("key-1", "n", "sk", "acme", models=("other",)))
    narrow.shelf.rows = office.shelf.rows
    with pytest.raises(GatewayError) as refused:
        await narrow.ask(BEGIN)
    assert refused.value.code == "MODEL_NOT_ALLOWED"
    assert narrow.provider.asked == [] and narrow.held == 0


@pytest.mark.parametrize(
    ("lines", "endpoint", "param"),
    [(None, "/v1/chat/completions", "input_file_id"), (LINES, "/v1/embeddings", "endpoint")],
)
async def test_a_batch_is_of_a_file_that_was_judged_for_it(lines: Lines | None, endpoint: str, param: str) -> None:
    office = Office()
    await office.uploaded(lines)
    with pytest.raises(GatewayError) as refused:
        await office.ask(BEGIN._replace(endpoint=endpoint))
    assert (refused.value.code, refused.value.param) == ("REQUEST_INVALID", param)


async def test_no_money_no_batch() -> None:
    office = Office(budget=small())
    await office.uploaded()
    sent = len(office.provider.asked)
    with pytest.raises(GatewayError) as refused:
        await office.ask(BEGIN)
    assert refused.value.code == "BUDGET_EXCEEDED"
    assert len(office.provider.asked) == sent
    assert [key for key in office.shelf.rows if key[1] == BATCH] == []


def small() -> BudgetRule:
    return BudgetRule("b", "tenant", None, 1000, "month")


@pytest.mark.parametrize(("status", "fault"), [(400, None), (200, ConnectFailed())])
async def test_a_batch_that_cannot_have_been_made_gives_its_hold_back(status: int, fault: ConnectFailed | None) -> None:
    office = Office()
    await office.uploaded()
    office.provider.status, office.provider.fault = status, fault
    if fault is None:
        await office.ask(BEGIN)
    else:
        with pytest.raises(GatewayError):
            await office.ask(BEGIN)
    assert office.held == 0 and office.world.tally.holds_open == 0
    assert [key for key in office.shelf.rows if key[1] == BATCH] == []


async def test_a_batch_that_may_have_been_made_stays_held_and_is_settled_at_that_after_a_while() -> None:
    office = Office()
    await office.uploaded()
    office.provider.fault = ConnectionBroken()
    office.provider.fault.once = True
    with pytest.raises(GatewayError):
        await office.ask(BEGIN)
    held = office.held
    assert held > 0
    assert [row.state for row in office.shelf.rows.values() if row.kind == BATCH] == [MAKING]
    await office.desk.batches.look(office.world.rooms)
    assert office.held == held
    office.world.clock.advance(3601)
    await office.desk.batches.look(office.world.rooms)
    assert office.held == 0
    bill = office.world.recorder.receipts[-1]
    assert (bill.operation, bill.ending, bill.cost_nano, bill.usage_estimated) == ("batch", "unknown", held, True)


async def test_without_the_store_nothing_is_sent_and_nothing_stays_held() -> None:
    office = Office()
    await office.uploaded()
    office.shelf.away = True
    sent = len(office.provider.asked)
    with pytest.raises(GatewayError) as refused:
        await office.ask(BEGIN)
    assert refused.value.code == "OVERLOADED"
    assert len(office.provider.asked) == sent and office.held == 0 and office.world.tally.holds_open == 0


async def test_a_batch_whose_row_cannot_be_written_is_reached_all_the_same_and_written_later() -> None:
    office = Office()
    await office.uploaded()
    office.provider.says = Made(BATCH, "batch_1")
    send = office.provider.send

    async def sent_and_lost(attempt, prompt):  # type: ignore[no-untyped-def]
        reply = await send(attempt, prompt)
        office.shelf.away = True
        return reply

    office.provider.send = sent_and_lost  # type: ignore[method-assign]
    assert await office.ask(BEGIN) == 200
    held = office.held
    assert held > 0
    office.provider.send = send  # type: ignore[method-assign]
    office.shelf.away = False
    assert await office.ask(Wanted(BATCH, "read", "batch_1")) == 200
    await office.desk.batches.look(office.world.rooms)
    rows = [row for row in office.shelf.rows.values() if row.kind == BATCH]
    assert [(row.id, row.state) for row in rows] == [("batch_1", OPEN)]
    assert office.held == held


async def test_a_list_is_the_tenants_own_has_a_receipt_and_asks_no_provider() -> None:
    office = Office()
    await office.uploaded()
    office.shelf.rows["globex", FILE, "x"] = office.shelf.rows["acme", FILE, "file-1"]._replace(tenant="globex", id="x")
    sent = len(office.provider.asked)
    rows, more = await list_kept(office.call(Wanted(FILE, "list", page=Page())), office.world.rooms, office.desk)
    assert ([row.id for row in rows], more) == (["file-1"], False)
    assert len(office.provider.asked) == sent
    assert (office.world.recorder.receipts[-1].status, office.world.tally.holds_open) == (200, 0)


async def test_a_caller_who_hangs_up_while_a_batch_is_made_leaves_it_held() -> None:
    office = Office()
    await office.uploaded()
    inside = asyncio.Event()

    async def slow(attempt, prompt):  # type: ignore[no-untyped-def]
        inside.set()
        await asyncio.Event().wait()

    office.provider.send = slow  # type: ignore[method-assign]
    task = asyncio.create_task(office.ask(BEGIN))
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert office.held > 0
    assert [row.state for row in office.shelf.rows.values() if row.kind == BATCH] == [MAKING]
