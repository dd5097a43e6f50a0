"""Rows of ``audit.sinks`` as seats: which feeds there are, and what they remember where."""

from __future__ import annotations

from pathlib import Path

import trustme

from tests.unit.wiring.offer import read, written
from torana.core.clock import SystemClock
from torana.wiring.post import Post
from torana.wiring.shipping import aside, opened, shipments, way_of


class Log:
    def info(self, event: str, **fields: object) -> None: ...

    warning = error = info


TEXT = """
networks: {inside: {ca_file: CA_FILE, proxy: 'http://proxy.example:3128'}}
audit:
  sinks:
    - {kind: webhook, url: 'https://a.example', events: [request]}
    - {kind: webhook, id: admins, url: 'https://b.example', events: [admin, security]}
    - {kind: splunk_hec, url: 'https://c.example', token: t, network: inside, timeout_s: 3}
"""


def with_authority(folder: Path) -> str:
    authority = folder / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(authority))
    return TEXT.replace("CA_FILE", str(authority))


def a_post(folder: Path, worker: int = 0) -> Post:
    return Post(folder / "spool", "process-1", "main", None, worker)


def test_receipts_and_entries_have_feeds_of_their_own(tmp_path: Path) -> None:
    settings = read(written(tmp_path, with_authority(tmp_path))).settings
    (tmp_path / "spool").mkdir()
    found = shipments(settings, a_post(tmp_path), SystemClock(), Log())
    assert [seat.name for seat in found.receipts] == ["webhook", "splunk_hec"]
    assert [facts.name for facts in found.entries.facts()] == ["admins:entries", "splunk_hec:entries"]
    found.entries.start()
    found.entries.stop(SystemClock().monotonic() + 10)
    assert found.entries.join()


def test_without_rows_there_is_no_spool_of_entries(tmp_path: Path) -> None:
    found = shipments(read().settings, a_post(tmp_path), SystemClock(), Log())
    assert (found.receipts, found.entries.facts()) == ([], ())
    assert found.entries.put("admin", "a", 1.0, "acme", {})
    assert not (tmp_path / "spool").exists()


def test_a_row_is_reached_by_its_network_and_remembers_in_the_spool(tmp_path: Path) -> None:
    settings = read(written(tmp_path, with_authority(tmp_path))).settings
    row = settings.audit.sinks[2]
    way = way_of(row.network, row.allow_private, row.timeout_s, settings)
    assert (way.network.ca_file, way.network.proxy, way.timeout_s, way.allow_private) == (
        str(tmp_path / "ca.pem"), "http://proxy.example:3128", 3.0, False,
    )  # fmt: skip
    kept = aside(row, a_post(tmp_path), ".entries")
    assert kept.position == tmp_path / "spool" / "sinks" / "splunk_hec.entries.position"
    assert kept.letters == tmp_path / "spool" / "sinks" / "splunk_hec.dead.jsonl"
    target = opened(row, settings, a_post(tmp_path), SystemClock())
    target.close()
