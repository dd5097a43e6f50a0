"""What every place outside promises: each record arrives, whatever came between, and a bad one holds up no other."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.sink.far_sides import (
    POISON,
    FarDatadog,
    FarElastic,
    FarHttp,
    FarJsonl,
    FarOtlp,
    FarSide,
    FarSplunk,
    FarSyslog,
    FarWebhook,
)
from tests.receipts import a_receipt, some_receipts
from torana.core.clock import SystemClock
from torana.ports.receipt import Receipt
from torana.ports.sink import Record, Tools
from torana.records.entries import Entries, entries_in
from torana.records.feed import Feed, Seat
from torana.records.shipping import Aside, Choice, Gate, Shipping, record_of
from torana.records.spool import Spool, SpoolSettings
from torana.upstream.networks import NetworkProfile
from torana.upstream.posting import Poster, Way, dial
from torana.wiring import find

HTTP = {
    "splunk_hec": FarSplunk, "elasticsearch": FarElastic, "datadog": FarDatadog, "webhook": FarWebhook,
    "otlp_logs": FarOtlp,
}  # fmt: skip
SYSLOGS = ("syslog tcp json", "syslog tcp cef", "syslog tls cef", "syslog udp json")
EVERY = (*HTTP, *SYSLOGS, "jsonl")
SURE = tuple(name for name in EVERY if "udp" not in name)
ALL = Choice()
WORDS = ["", "हिन्दी", 'quo"te\\ ]\n|=', "x" * 128, "?%s:name", "\ud83d"]


class Log:
    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, object]]] = []

    def info(self, event: str, **fields: object) -> None:
        self.lines.append((event, fields))

    warning = error = info


def far_side(name: str, folder: Path) -> FarSide:
    if name in HTTP:
        return HTTP[name]()
    if name == "jsonl":
        return FarJsonl(folder)
    _, transport, form = name.split()
    return FarSyslog(transport, form)


class Bench:
    """A far side, and what leads to it, as the gateway has it."""

    def __init__(self, name: str, folder: Path) -> None:
        self.kind = name.split(maxsplit=1)[0]
        self.folder = folder
        self.far = far_side(name, folder)
        self.clock = SystemClock()
        self.log = Log()
        network = NetworkProfile()
        if isinstance(self.far, FarSyslog) and self.far.context is not None:
            authority = folder / "authority.pem"
            self.far.authority.cert_pem.write_to_path(str(authority))
            network = NetworkProfile(ca_file=str(authority))
        self.way = Way(network, allow_private=True, timeout_s=5.0)
        self.spool = Spool(folder / "spool", SpoolSettings(), self.clock)

    def tools(self, way: Way | None = None) -> Tools:
        way = way or self.way

        def dialled(host: str, port: int, /, transport: Any) -> Any:
            return dial(way, host, port, transport)

        return Tools(self.clock, Poster(way), dialled, "host-1", "process 1", "1.0", time.sleep)

    def target(self, way: Way | None = None) -> Any:
        module = find.module("sinks", self.kind)
        opener = getattr(module, "open_target", None) or module.open
        return opener(self.far.settings, self.tools(way))

    def shipping(self, choice: Choice = ALL, more: str = "", gate: Gate | None = None) -> Shipping:
        aside = Aside(self.folder / "sinks" / f"it{more}.position", self.folder / "sinks" / "it.dead.jsonl")
        return Shipping(gate or Gate("it", self.target), choice, aside, self.clock.now)

    def feed(self, shipping: Shipping | None = None, batch: int = 50) -> Feed:
        one = shipping or self.shipping()
        seat = Seat(
            "it", one.open, every_s=0.0, batch=batch, longest_pause_s=0.05, draw=lambda: 0.0,
            set_aside=lambda: one.set_aside,
        )  # fmt: skip
        return Feed(seat, self.spool, self.clock, self.log)

    def write(self, receipts: list[Receipt]) -> Shipping:
        """Bring them by hand, in one batch."""
        shipping = self.shipping().open()
        shipping.write(receipts, len(receipts))
        shipping.close()
        return shipping

    def until(self, done: Any, seconds: float = 20.0) -> None:
        give_up = self.clock.monotonic() + seconds
        while not done() and self.clock.monotonic() < give_up:
            time.sleep(0.002)
        assert done(), (self.far.wrong, self.log.lines[-3:])

    def end(self, feed: Feed) -> None:
        feed.stop(self.clock.monotonic() + 20)
        assert feed.join()

    def dead(self) -> list[Any]:
        path = self.folder / "sinks" / "it.dead.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def has(self, receipts: list[Receipt]) -> bool:
        return {one.receipt_id for one in receipts} <= set(self.far.taken)


@pytest.fixture
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    one = Bench(request.param, tmp_path)
    yield one
    one.spool.close()
    one.far.stop()


every = pytest.mark.parametrize("bench", EVERY, indirect=True)
sure = pytest.mark.parametrize("bench", SURE, indirect=True)
http = pytest.mark.parametrize("bench", HTTP, indirect=True)


def test_every_kind_of_sink_has_its_far_side() -> None:
    assert {name.split()[0] for name in EVERY} == find.ids("sinks") - find.NO_ROWS
    for name in find.ids("sinks"):
        assert getattr(find.module("sinks", name), "TARGET", False) is (name not in find.NO_ROWS), name


@every
def test_receipts_and_entries_arrive_in_the_words_of_the_far_side(bench: Bench) -> None:
    target = bench.target()
    entry = {
        "kind": "key",
        "actor": {"id": "asha"},
        "action": "key.create",
        "outcome": "success",
        "address": "2001:db8::1",
        "n": None,
    }
    records = [
        record_of(a_receipt(1)),
        record_of(a_receipt(2, ending="refused", error_code="GUARDRAIL_BLOCKED", status=403, address="not one")),
        Record("admin", "aud-1", 1_750_000_000.25, "acme", entry),
        Record("security", "aud-2", 1_750_000_001.0, "", {"action": "login", "outcome": "failure", "reason": "bad"}),
    ]
    assert target.send(records) == type(target.send(records[:0] or records))()
    bench.until(lambda: {one.id for one in records} <= set(bench.far.taken))
    assert bench.far.wrong == []
    target.close()
    target.close()


@every
@pytest.mark.parametrize("word", WORDS)
def test_any_text_is_taken(bench: Bench, word: str) -> None:
    clean = word.encode("utf-8", "replace").decode()
    receipt = a_receipt(1, model=clean, user=clean, tenant=clean, team=clean, policy=clean)
    target = bench.target()
    target.send([record_of(receipt)])
    bench.until(lambda: bench.has([receipt]))
    assert bench.far.wrong == []
    target.close()


@sure
def test_a_far_side_that_was_away_has_everything_when_it_is_back(bench: Bench) -> None:
    receipts = some_receipts(300)
    feed = bench.feed()
    feed.start()
    bench.spool.append(receipts[:100])
    feed.nudge()
    bench.until(lambda: bench.has(receipts[:100]))
    bench.far.stop()
    bench.spool.append(receipts[100:200])
    feed.nudge()
    if bench.kind != "jsonl":
        bench.until(lambda: feed.facts().failures >= 3)
        facts = feed.facts()
        assert (facts.lag > 0, facts.away_s > 0, bool(facts.last_error)) == (True, True, True)
    bench.far.start()
    bench.spool.append(receipts[200:])
    feed.nudge()
    bench.until(lambda: bench.has(receipts) and feed.facts().lag == 0)
    bench.end(feed)
    assert bench.far.wrong == []
    assert (feed.facts().away_s, feed.facts().set_aside) == (0.0, 0)
    if bench.kind != "jsonl":
        assert any(event == "sink.recovered" and "away_s" in fields for event, fields in bench.log.lines)


@sure
def test_another_process_goes_on_where_the_first_stopped(bench: Bench) -> None:
    receipts = some_receipts(90)
    for start in range(0, 90, 30):
        bench.spool.append(receipts[start : start + 30])
        feed = bench.feed(batch=7)
        feed.start()
        bench.end(feed)
        bench.until(lambda until=start + 30: bench.has(receipts[:until]))
    assert sorted(bench.far.taken) == sorted(set(bench.far.taken)) == sorted(one.receipt_id for one in receipts)


@http
def test_poison_is_set_aside_and_holds_up_nothing(bench: Bench) -> None:
    receipts = some_receipts(64)
    receipts[0] = receipts[20] = receipts[63] = a_receipt(7, receipt_id=POISON)
    good = [one for one in receipts if one.receipt_id != POISON]
    bench.spool.append(receipts)
    feed = bench.feed()
    feed.start()
    bench.until(lambda: feed.facts().lag == 0)
    bench.end(feed)
    assert bench.has(good)
    assert bench.far.wrong == []
    assert feed.facts().set_aside == 3
    assert [(one["sink"], one["record"]["id"]) for one in bench.dead()] == [("it", POISON)] * 3
    assert all(one["why"] for one in bench.dead())


@http
def test_a_far_side_that_refuses_everything_is_thought_to_be_at_fault(bench: Bench) -> None:
    for start in range(0, 200, 50):
        bench.spool.append([a_receipt(number, receipt_id=POISON) for number in range(start, start + 50)])
    feed = bench.feed(batch=50)
    feed.start()
    bench.until(lambda: feed.facts().failures >= 1)
    assert 20 <= feed.facts().set_aside < 200
    assert "refused the last" in feed.facts().last_error or not feed.facts().failures
    feed.stop(0)
    feed.join()


@http
def test_a_pause_that_is_asked_for_is_made(bench: Bench) -> None:
    far = bench.far
    assert isinstance(far, FarHttp)
    far.away = (429, {"retry-after": "2"}, b"slow down")
    far.busy_for = 1
    bench.spool.append(some_receipts(3))
    feed = bench.feed()
    feed.start()
    bench.until(lambda: bench.has(some_receipts(3)))
    bench.end(feed)
    assert [fields["pause_s"] for event, fields in bench.log.lines if event == "sink.failed"] == [2.0]


@http
def test_a_wrong_credential_loses_nothing(bench: Bench) -> None:
    far = bench.far
    assert isinstance(far, FarHttp)
    far.away, far.busy_for = (403, {}, b"who are you?"), 4
    bench.spool.append(some_receipts(3))
    feed = bench.feed()
    feed.start()
    bench.until(lambda: bench.has(some_receipts(3)))
    bench.end(feed)
    assert (feed.facts().failures_total, feed.facts().set_aside) == (4, 0)


@pytest.mark.parametrize("bench", [name for name in EVERY if name != "jsonl"], indirect=True)
def test_an_address_that_is_not_public_is_refused_unless_that_is_meant(bench: Bench) -> None:
    target = bench.target(bench.way._replace(allow_private=False))
    with pytest.raises(OSError, match="allow_private"):
        target.send([record_of(a_receipt(1))])
    assert (bench.far.messages, bench.far.taken) == (0, [])


@sure
def test_a_sink_gets_only_what_it_chose(bench: Bench) -> None:
    receipts = [a_receipt(number, tenant="acme" if number % 2 else "other") for number in range(10)]
    bench.spool.append(receipts)
    feed = bench.feed(bench.shipping(Choice(frozenset({"request"}), frozenset({"acme"}))))
    feed.start()
    bench.end(feed)
    wanted = [one.receipt_id for one in receipts if one.tenant == "acme"]
    bench.until(lambda: sorted(bench.far.taken) == sorted(wanted))


@sure
def test_entries_and_receipts_share_one_far_side(bench: Bench) -> None:
    gate = Gate("it", bench.target)
    receipts = some_receipts(40)
    feed = bench.feed(bench.shipping(gate=gate), batch=5)
    own = bench.shipping(Choice(frozenset({"admin"})), ".entries", gate)
    spool = Spool(bench.folder / "entries", SpoolSettings(), bench.clock, entries_in)
    seat = Seat("it:entries", own.open, every_s=0.0, batch=5)
    entries = Entries(spool, [seat], bench.clock, bench.log)
    feed.start()
    entries.start()
    for number, receipt in enumerate(receipts):
        bench.spool.append([receipt])
        feed.nudge()
        assert entries.put("security" if number % 4 == 0 else "admin", f"aud-{number}", 1.75e9, "acme", {"n": number})
    entries.stop(bench.clock.monotonic() + 20)
    assert entries.join()
    bench.end(feed)
    wanted = {f"aud-{number}" for number in range(40) if number % 4}
    bench.until(lambda: bench.has(receipts) and wanted <= set(bench.far.taken))
    assert len(bench.far.taken) == 70
    assert bench.far.wrong == []


@pytest.mark.parametrize("bench", ["elasticsearch"], indirect=True)
def test_only_what_was_left_comes_again(bench: Bench) -> None:
    far = bench.far
    assert isinstance(far, FarElastic)
    receipts = some_receipts(10)
    far.later = {receipts[3].receipt_id, receipts[8].receipt_id}
    bench.write(receipts)
    assert len(far.taken) == 10
    assert far.taken[-2:] == [receipts[3].receipt_id, receipts[8].receipt_id]
    assert far.messages == 2


@pytest.mark.parametrize("bench", ["elasticsearch"], indirect=True)
def test_what_came_before_a_crash_is_kept_once(bench: Bench) -> None:
    receipts = some_receipts(10)
    target = bench.target()
    target.send([record_of(one) for one in receipts[:6]])  # killed before it wrote its position down
    target.close()
    bench.write(receipts)
    assert bench.far.taken == [one.receipt_id for one in receipts]


@pytest.mark.parametrize("bench", ["otlp_logs"], indirect=True)
def test_what_a_collector_refuses_without_naming_it_is_counted_and_kept(bench: Bench) -> None:
    far = bench.far
    assert isinstance(far, FarHttp)
    far.away = (200, {}, b'{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"no"}}')
    far.busy_for = 1
    assert bench.write(some_receipts(5)).set_aside == 2
    assert len(bench.dead()) == 5
    again = bench.shipping().open()
    assert again.written() == 5
    again.close()


@pytest.mark.parametrize("bench", ["syslog udp json"], indirect=True)
def test_a_message_that_is_too_long_is_shortened_or_refused(bench: Bench) -> None:
    target = bench.target()
    long = a_receipt(1, verdicts=["pii@1:redact"] * 2000)
    longer = a_receipt(2, policy="p" * 9000)
    sent = target.send([record_of(long), record_of(longer)])
    assert list(sent.refused) == [1]
    bench.until(lambda: bench.has([long]))
    assert bench.far.bodies[0]["shortened"] is True
    entry = Record("security", "aud_1", 1.0, "acme", {"action": "audit.hold", "details": {"reason": "r" * 9000}})
    assert target.send([entry]).refused == {}, "that it happened is told, if not in full"
    target.close()


@pytest.mark.parametrize("bench", ["datadog"], indirect=True)
def test_a_tenant_s_name_is_one_tag_whatever_is_in_it(bench: Bench) -> None:
    bench.write([a_receipt(1, tenant="a,env:other")])
    assert [one["ddtags"] for one in bench.far.bodies] == ["event:request,tenant:a_env:other,env:test"]
