"""Where alerts of budgets go: a line of the log, a metric, a webhook that is told in the background.

It decides no alert (``line/alerts`` does) and keeps no request waiting. Built by ``serve``.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from torana import __version__
from torana.core.clock import Clock
from torana.core.faults import UpstreamFault
from torana.core.ids import NewId, id_maker
from torana.core.money import decimal_text
from torana.core.snapshot import Deadlines, Snapshot
from torana.line.alerts import Alert, Alerts
from torana.ports.receipt import Receipt
from torana.records.gauges import Family, alert_families
from torana.records.log import time_text
from torana.upstream.direct_client import DirectUpstream
from torana.upstream.networks import PoolLimits
from torana.upstream.seam import Outgoing, Upstream
from torana.wiring.settings import Settings
from torana.wiring.settings_alerts import Webhook

MOST_WAITING = 1000
"""Alerts that wait for the webhook; what comes beyond is logged and counted, not sent."""
TRIES = 6
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
DEADLINES = Deadlines(connect_s=5.0, first_token_s=10.0, idle_s=10.0, total_s=15.0)
SIGNATURE = "x-torana-signature"
MOST_SERIES = 1000

_encode = msgspec.json.Encoder().encode
Note = dict[str, object]


class Alerting:
    """Tells of alerts. One per process."""

    def __init__(
        self,
        webhook: Callable[[], Webhook | None],
        open_client: Callable[[bool], Upstream],
        clock: Clock,
        new_id: NewId,
        log: Any,
    ) -> None:
        """``webhook``: of the settings of the moment. ``open_client``: for any address (True), or public ones only."""
        self.alerts = Alerts([self.tell])
        """What listens to the counters."""
        self.sleep: Callable[[float], Any] = asyncio.sleep
        self._webhook = webhook
        self._open_client = open_client
        self._clients: dict[bool, Upstream] = {}
        self._currency = ""
        self._clock = clock
        self._new_id = new_id
        self._log = log
        self._waiting: deque[Note] = deque()
        self._come = asyncio.Event()
        self._told: Counter[tuple[str, str]] = Counter()
        self._sent: Counter[str] = Counter()

    def heed(self, snapshot: Snapshot) -> None:
        """From now on its budgets count."""
        self._currency = snapshot.currency
        self.alerts.heed(snapshot.budgets)

    def tell(self, alert: Alert) -> None:
        """A share of a budget is spent. On the event loop; given to ``line/alerts``."""
        share = f"{alert.share:g}"
        if (alert.rule_id, share) in self._told or len(self._told) < MOST_SERIES:
            self._told[alert.rule_id, share] += 1
        note: Note = {
            "event": "budget.alert",
            "budget": alert.rule_id,
            "subject": alert.subject,
            "share": alert.share,
            "spent": decimal_text(alert.spent_nano),
            "limit": decimal_text(alert.limit_nano),
            "currency": self._currency,
            "hard": alert.hard,
        }
        self._put(note)

    def overrun(self, receipt: Receipt) -> None:
        """A provider billed more than was held. On the event loop."""
        note: Note = {
            "event": "hold.overrun",
            "receipt_id": receipt.receipt_id,
            "tenant": receipt.tenant,
            "key_id": receipt.key_id,
            "model": receipt.model,
            "provider": receipt.provider,
            "held": decimal_text(receipt.held_nano),
            "cost": decimal_text(receipt.cost_nano),
            "currency": receipt.currency,
        }
        self._put(note)

    def say(self, note: Note) -> None:
        """Something else that somebody should know; ``event`` names it. On the event loop."""
        self._put(note)

    def observer(self, loop: asyncio.AbstractEventLoop) -> Callable[[Sequence[Receipt]], None]:
        """An observer of the recorder, whose thread is another one."""

        def observe(receipts: Sequence[Receipt]) -> None:
            for receipt in receipts:
                if receipt.overrun and not loop.is_closed():
                    loop.call_soon_threadsafe(self.overrun, receipt)

        return observe

    def families(self) -> Iterator[Family]:
        """The metrics."""
        return alert_families(dict(self._told), dict(self._sent))

    async def keep(self) -> None:
        """Tell the webhook what waits, in order, until cancelled."""
        try:
            while True:
                await self._come.wait()
                self._come.clear()
                while self._waiting:
                    outcome = await self._deliver(self._waiting[0])
                    self._waiting.popleft()
                    self._sent[outcome] += 1
        finally:
            clients, self._clients = self._clients, {}
            for client in clients.values():
                await client.aclose()

    def _put(self, note: Note) -> None:
        self._log.warning(str(note["event"]), **{name: value for name, value in note.items() if name != "event"})
        if self._webhook() is None:
            return
        if len(self._waiting) >= MOST_WAITING:
            self._sent["dropped"] += 1
            return
        self._waiting.append({"id": self._new_id(), "at": time_text(self._clock.now()), **note})
        self._come.set()

    async def _deliver(self, note: Note) -> str:
        """Tell the webhook, again after growing pauses; how it went."""
        told = ""
        for number in range(TRIES):
            webhook = self._webhook()
            if webhook is None:
                return "dropped"
            try:
                status = await self._post(webhook, _encode(note))
            except (UpstreamFault, ValueError) as fault:
                told = f"{type(fault).__name__}: {fault}"[:200]
            else:
                if 200 <= status < 300:
                    return "sent"
                told = f"status {status}"
            if number + 1 < TRIES:
                await self.sleep(min(FIRST_PAUSE_S * float(1 << number * 2), LONGEST_PAUSE_S))
        self._log.warning("alert.not_told", alert=note["id"], tries=TRIES, error=told)
        return "failed"

    async def _post(self, webhook: Webhook, body: bytes) -> int:
        headers = [("content-type", "application/json"), ("user-agent", f"torana/{__version__}")]
        if webhook.secret is not None and webhook.secret.reveal():
            headers.append((SIGNATURE, signature(webhook.secret.reveal(), body)))
        private = webhook.allow_private
        client = self._clients.get(private)
        if client is None:
            client = self._clients[private] = await asyncio.to_thread(self._open_client, private)
        incoming = await client.send(Outgoing("POST", webhook.url.reveal(), tuple(headers), body, DEADLINES, 64 * 1024))
        await incoming.aclose()
        return incoming.status


def signature(secret: str, body: bytes) -> str:
    """``sha256=`` and the hexadecimal HMAC-SHA256 of the body (RFC 2104)."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def alerting_of(settings: Callable[[], Settings], clock: Clock, log: Any) -> Alerting:
    """By the settings of the moment."""

    def open_client(private: bool) -> Upstream:
        return DirectUpstream(limits=PoolLimits(public_only=not private))

    return Alerting(lambda: settings().alerts.told, open_client, clock, id_maker("alert_", clock.now), log)
