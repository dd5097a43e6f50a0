from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from typing import Any

import pytest

from tests.line.world import snapshot
from tests.receipts import a_receipt
from torana.core.faults import ConnectFailed
from torana.core.secret import Secret
from torana.core.snapshot import BudgetRule
from torana.line.charges import spend_charge
from torana.stores.memory import MemoryCounters
from torana.testing.clock import FakeClock
from torana.upstream.seam import Outgoing
from torana.wiring.alerting import MOST_WAITING, SIGNATURE, TRIES, Alerting
from torana.wiring.settings_alerts import Webhook

RULE = BudgetRule("cap", "team", None, 1_000_000_000, "month", alerts=(0.5, 1.0))
NOW = 1_750_000_000.0
HOOK = Webhook(url=Secret("https://hooks.example.com/x"), secret=Secret("shared"))


class Answered:
    def __init__(self, status: int) -> None:
        self.status = status

    async def aclose(self) -> None:
        pass


class Hooks:
    """A client for webhooks that answers as it is told, 200 in the end."""

    def __init__(self, *answers: int | Exception) -> None:
        self.answers = list(answers)
        self.got: list[Outgoing] = []
        self.closed = False

    async def send(self, outgoing: Outgoing) -> Any:
        self.got.append(outgoing)
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return Answered(answer)

    async def aclose(self) -> None:
        self.closed = True


class Lines:
    """A log that remembers."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def warning(self, event: str, **facts: Any) -> None:
        self.lines.append((event, facts))


class Desk:
    """Alerting with its world."""

    def __init__(self, hooks: Hooks, webhook: Webhook | None = HOOK) -> None:
        self.hooks, self.log = hooks, Lines()
        self.opened: list[bool] = []
        self.pauses: list[float] = []
        self.alerting = Alerting(lambda: webhook, self.open, FakeClock(NOW), lambda: "alert_1", self.log)
        self.alerting.sleep = self.sleep
        self.alerting.heed(snapshot(budgets=(RULE,)))
        self.counters = MemoryCounters()
        self.counters.listen(self.alerting.alerts)

    def open(self, private: bool) -> Any:
        self.opened.append(private)
        return self.hooks

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def spend(self, nano: int) -> None:
        self.counters.settle([spend_charge(RULE, "acme\0red", NOW)], [0], [nano], NOW, NOW)

    async def run(self) -> None:
        """Until all is told."""
        task = asyncio.ensure_future(self.alerting.keep())
        async with asyncio.timeout(20):
            while self.alerting._waiting:
                await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def metric(self, name: str) -> dict[tuple[str, ...], float]:
        family = next(one for one in self.alerting.families() if one.name == name)
        return {tuple(labels.values()): value for labels, value in family.samples}


async def test_a_share_that_is_passed_is_logged_counted_and_posted_signed() -> None:
    desk = Desk(Hooks())
    desk.spend(600_000_000)
    desk.spend(100_000_000)
    await desk.run()
    ((event, facts),) = desk.log.lines
    assert (event, facts["budget"], facts["share"], facts["spent"]) == ("budget.alert", "cap", 0.5, "0.60")
    assert desk.metric("ai_gateway_budget_alerts_total") == {("cap", "0.5"): 1}
    assert desk.metric("ai_gateway_alert_webhook_total") == {("sent",): 1}
    (sent,) = desk.hooks.got
    body = json.loads(sent.body)
    assert (sent.method, sent.url) == ("POST", "https://hooks.example.com/x")
    assert body["limit"] == "1.00" and body["currency"] == "USD" and body["hard"] is True and body["id"] == "alert_1"
    assert body["subject"].startswith("acme/red/month/")
    assert dict(sent.headers)[SIGNATURE] == "sha256=" + hmac.new(b"shared", sent.body, hashlib.sha256).hexdigest()
    assert desk.opened == [False]
    assert desk.hooks.closed


async def test_what_fails_is_told_again_after_growing_pauses() -> None:
    desk = Desk(Hooks(500, ConnectFailed("no route")))
    desk.spend(600_000_000)
    await desk.run()
    assert len(desk.hooks.got) == 3
    assert desk.pauses == [1.0, 4.0]
    assert desk.metric("ai_gateway_alert_webhook_total") == {("sent",): 1}


async def test_what_cannot_be_told_is_given_up_in_the_end_and_logged() -> None:
    desk = Desk(Hooks(*[503] * TRIES))
    desk.spend(600_000_000)
    await desk.run()
    assert desk.metric("ai_gateway_alert_webhook_total") == {("failed",): 1}
    assert desk.log.lines[-1][0] == "alert.not_told"


async def test_what_waits_is_bounded() -> None:
    desk = Desk(Hooks())
    for number in range(MOST_WAITING + 3):
        desk.alerting.overrun(a_receipt(number))
    assert desk.metric("ai_gateway_alert_webhook_total") == {("dropped",): 3}


async def test_without_a_webhook_it_is_logged_and_counted_only() -> None:
    desk = Desk(Hooks(), None)
    desk.spend(2_000_000_000)
    await desk.run()
    assert [facts["share"] for _, facts in desk.log.lines] == [0.5, 1.0]
    assert desk.hooks.got == []


async def test_a_request_that_cost_more_than_was_held_is_an_alert_too() -> None:
    desk = Desk(Hooks())
    observe = desk.alerting.observer(asyncio.get_running_loop())
    over = a_receipt(1, cost_nano=5, held_nano=4)
    await asyncio.to_thread(observe, [a_receipt(2, cost_nano=4, held_nano=4), over])
    await asyncio.sleep(0)
    await desk.run()
    (sent,) = desk.hooks.got
    assert json.loads(sent.body)["event"] == "hold.overrun"
    assert json.loads(sent.body)["receipt_id"] == over.receipt_id


@pytest.mark.parametrize("private", [True, False])
async def test_the_operator_may_allow_private_addresses(private: bool) -> None:
    desk = Desk(Hooks(), Webhook(url=HOOK.url, allow_private=private))
    desk.spend(600_000_000)
    await desk.run()
    assert desk.opened == [private]
    assert SIGNATURE not in dict(desk.hooks.got[0].headers)
