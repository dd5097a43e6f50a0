"""Answers that a provider keeps: what is written down of them, where those go that go on, and what is held for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.line.shelves import MemoryShelf
from tests.line.world import HASH_KEY, PRICES, Script, ScriptedProvider, World, model, snapshot, text
from torana.core.call import Ask, Call, Chunk, Prompt, Reply, Usage
from torana.core.errors import GatewayError
from torana.core.faults import StatusFault
from torana.core.kept import ANSWER, RESPONSE, Kept, Pin, Wanted
from torana.core.snapshot import BudgetRule
from torana.core.tickets import Attempt
from torana.line.batches import Batches
from torana.line.identify import Gate
from torana.line.kept import Desk
from torana.line.owners import Owners
from torana.line.stored import answer_stored

ROW = Kept("acme", RESPONSE, "resp_1", "key-1", "p", "c0ffee", 1.0, context_tokens=1000)
BUDGET = BudgetRule("b", "tenant", None, 10_000_000_000, "month")
BODY = b'{"input":"hello"}'


class Storing(ScriptedProvider):
    """A provider that keeps what it answers, or one that does not."""

    def __init__(self, *scripts: Script, keeps: bool = True) -> None:
        super().__init__(*scripts)
        self.keeps = keeps
        self.pins: list[Pin | None] = []

    async def send(self, attempt: Attempt, prompt: Prompt) -> Reply:
        pin = prompt.pin
        self.pins.append(pin)
        if pin is not None and self.keeps:
            pin.kept_by = attempt.deployment.provider
            pin.credential = pin.credential or "c0ffee"
        return await super().send(attempt, prompt)


def said(name: str, usage: Usage = Usage(uncached=30, output=7)) -> Script:  # noqa: B008 - a constant
    return Script([text(name, usage=usage, finish="stop")])


def id_in(chunks: Sequence[Chunk], stream: bool) -> str:
    return b"".join(chunk.wire for chunk in chunks).decode()


class Office:
    """A world with a desk; providers p, q, r serve the models m and n."""

    def __init__(self, **providers: Storing) -> None:
        models = (model("m", tuple(providers)), model("n", ("q",)))
        known = snapshot(*models, budgets=(BUDGET,), kinds=dict.fromkeys(providers, "echo"), breaker=None)
        self.world = World(known, dict(providers))
        self.shelf = MemoryShelf()
        self.desk = Desk(Owners(self.shelf), Batches(Owners(self.shelf), self.world.clock, lambda: "b", {}.get, "w"))

    def call(self, wanted: Wanted | None, **facts: Any) -> Call:
        call = self.world.call(BODY, Ask(**{"model": "m", "max_tokens": 50, "kept": wanted, **facts}))
        call.dialect = "openai_responses"
        return call

    async def ask(self, wanted: Wanted | None, **facts: Any) -> str:
        closing = await answer_stored(self.call(wanted, **facts), self.world.rooms, self.desk, id_in)
        return b"".join([chunk.wire async for chunk in closing]).decode()


BEGIN = Wanted(RESPONSE, ANSWER)
GO_ON = Wanted(RESPONSE, ANSWER, "resp_1")


@pytest.mark.parametrize("stream", [False, True])
async def test_a_new_answer_is_written_down_with_its_owner_before_it_is_handed_out(stream: bool) -> None:
    office = Office(p=Storing(said("resp_7")))
    call = office.call(BEGIN, stream=stream)
    closing = await answer_stored(call, office.world.rooms, office.desk, id_in)
    row = office.shelf.rows["acme", RESPONSE, "resp_7"]
    assert (row.key_id, row.team, row.provider, row.credential, row.upstream_model) == (
        "key-1", "red", "p", "c0ffee", "up-m",
    )  # fmt: skip
    assert row.context_tokens == (len(BODY) + 50 if stream else 37)
    assert row.shown == b"", "its words are the provider's to keep"
    await closing.aclose()


@pytest.mark.parametrize(
    ("provider", "wanted"),
    [
        (Storing(said("resp_7"), keeps=False), BEGIN),
        (Storing(said("resp_7")), None),
        (Storing(said("")), BEGIN),
    ],
)
async def test_what_nobody_keeps_is_not_written_down(provider: Storing, wanted: Wanted | None) -> None:
    office = Office(p=provider)
    await office.ask(wanted)
    assert office.shelf.rows == {}


async def test_after_a_failover_it_is_written_down_where_it_was_answered_or_not_at_all() -> None:
    failed = Script(before=[StatusFault(500, b"")])
    office = Office(p=Storing(failed), q=Storing(said("resp_7"), keeps=False))
    assert await office.ask(BEGIN) == "resp_7"
    assert office.shelf.rows == {}


async def test_one_that_goes_on_is_sent_where_that_is_and_nowhere_else() -> None:
    failed = Script(before=[StatusFault(500, b"")])
    office = Office(q=Storing(said("resp_8")), p=Storing(said("resp_9"), failed), r=Storing(said("resp_8")))
    office.shelf.rows["acme", RESPONSE, "resp_1"] = ROW
    assert await office.ask(GO_ON) == "resp_9"
    with pytest.raises(GatewayError) as failing:
        await office.ask(GO_ON)
    assert failing.value.code == "UPSTREAM_ERROR"
    pins = office.world.providers["p"].pins  # type: ignore[attr-defined]
    assert [(pin.provider, pin.credential) for pin in pins] == [("p", "c0ffee")] * 2
    assert office.world.providers["q"].attempts == office.world.providers["r"].attempts == []
    assert office.shelf.rows["acme", RESPONSE, "resp_9"].credential == "c0ffee"


async def test_one_that_goes_on_and_is_not_to_be_kept_leaves_no_row() -> None:
    office = Office(p=Storing(said("resp_9")))
    office.shelf.rows["acme", RESPONSE, "resp_1"] = ROW
    await office.ask(GO_ON._replace(keep=False))
    assert list(office.shelf.rows) == [("acme", RESPONSE, "resp_1")]


async def test_all_that_was_before_is_held_for() -> None:
    office = Office(p=Storing(said("resp_9")))
    office.shelf.rows["acme", RESPONSE, "resp_1"] = ROW
    closing = await answer_stored(office.call(GO_ON), office.world.rooms, office.desk, id_in)
    dearest = PRICES.input_nano * (len(BODY) + 1000) + PRICES.output_nano * 50
    assert office.world.money_held() == dearest // 1_000_000
    await closing.aclose()
    assert office.world.money_held() == 0


@pytest.mark.parametrize("name", ["resp_1", "resp_2"])
async def test_anothers_is_as_unknown_as_none_and_nothing_is_sent(name: str) -> None:
    office = Office(p=Storing())
    office.shelf.rows["globex", RESPONSE, "resp_1"] = ROW._replace(tenant="globex")
    with pytest.raises(GatewayError) as refused:
        await office.ask(GO_ON._replace(id=name))
    assert (refused.value.code, refused.value.param) == ("NOT_FOUND", "previous_response_id")
    assert office.world.providers["p"].attempts == []
    assert [one.status for one in office.world.recorder.receipts] == [404]


async def test_a_model_that_is_not_served_where_it_is_kept_is_refused() -> None:
    office = Office(p=Storing(), q=Storing())
    office.shelf.rows["acme", RESPONSE, "resp_1"] = ROW
    with pytest.raises(GatewayError) as refused:
        await office.ask(GO_ON, model="n")
    assert (refused.value.code, refused.value.param) == ("REQUEST_INVALID", "previous_response_id")
    assert office.world.tally.holds_open == 0


async def test_a_row_that_cannot_be_written_costs_nobody_the_answer_and_is_known_here() -> None:
    office = Office(p=Storing(said("resp_7"), said("resp_8")))
    office.shelf.away = True
    assert await office.ask(BEGIN) == "resp_7"
    assert await office.ask(GO_ON._replace(id="resp_7")) == "resp_8"


async def test_where_rows_cannot_be_read_nobody_goes_on() -> None:
    office = Office(p=Storing())
    office.shelf.away = True
    with pytest.raises(GatewayError) as refused:
        await office.ask(GO_ON)
    assert refused.value.code == "OVERLOADED"
    assert office.world.providers["p"].attempts == []


async def test_with_a_key_of_the_callers_own_nothing_is_kept() -> None:
    office = Office(p=Storing(said("resp_7")))
    gate = Gate(office.world.snapshot.keys, HASH_KEY, office.world.clock, own_keys=True)
    office.world.rooms = office.world.build(gate=gate)
    call = office.call(GO_ON)
    call.credentials = [*call.credentials, ("openai-api-key", "sk-their-own")]
    with pytest.raises(GatewayError) as refused:
        await answer_stored(call, office.world.rooms, office.desk, id_in)
    assert refused.value.code == "PERMISSION_DENIED"
