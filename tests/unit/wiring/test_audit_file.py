"""Audit files: their lines are bound to each other whatever happens to the process and the files, and what was changed is named."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.receipts import a_receipt
from torana.ports.receipt import Receipt
from torana.sinks import jsonl
from torana.testing.clock import FakeClock
from torana.wiring.audit_file import EVERY_S, FileChain, proof_path
from torana.wiring.audit_lines import Verdict, is_audit_file, verify
from torana.wiring.audit_proof import Signer, key_id
from torana.wiring.cli import main

SEED = bytes(range(32))
TENANTS = ("acme", "globex")


class Written:
    """An audit file that grows."""

    def __init__(self, folder: Path, **settings: int) -> None:
        self.path = folder / "audit.jsonl"
        self.clock = FakeClock(1_800_000_000.0)
        self.settings = jsonl.Settings(str(self.path), **settings)
        self.count = 0
        self.open()

    def open(self) -> None:
        self.sink = jsonl.open(self.settings, FileChain(self.path, "one", SEED, self.clock))

    def more(self, count: int) -> None:
        self.sink.write(receipts(self.count, count), self.count + count)
        self.count += count

    def restarted(self) -> None:
        self.sink.close()
        self.open()

    def killed(self) -> None:
        """Nothing is closed in order."""
        self.sink._chain = None
        self.restarted()


def receipts(since: int, count: int) -> list[Receipt]:
    return [a_receipt(number, tenant=TENANTS[number % 2]) for number in range(since, since + count)]


@pytest.fixture
def file(tmp_path: Path) -> Written:
    return Written(tmp_path)


def faults(verdict: Verdict) -> list[str]:
    found = [verdict.broken] if verdict.broken else []
    return found + [one.broken for one in verdict.tenants.values() if one.broken]


def counted(verdict: Verdict) -> dict[str, tuple[int, bool, int]]:
    return {name: (one.lines, one.proven_start, one.signed) for name, one in verdict.tenants.items()}


def test_what_was_written_is_whole_and_its_end_is_signed(file: Written) -> None:
    file.more(10)
    file.sink.close()
    verdict = verify([file.path])
    assert (faults(verdict), counted(verdict)) == ([], {"acme": (5, True, 1), "globex": (5, True, 1)})
    public = Signer(SEED).public
    assert verify([file.path], {key_id(public): public}).whole
    assert "not signed by a known key" in faults(verify([file.path], {}))[0]


@pytest.mark.parametrize("how", ["restarted", "killed"])
def test_a_process_that_comes_back_goes_on_where_the_lines_end(file: Written, how: str) -> None:
    for count in (3, 4, 5):
        file.more(count)
        file.clock.advance(EVERY_S / 2)
        getattr(file, how)()
    file.sink.close()
    verdict = verify([file.path])
    assert (faults(verdict), sum(one.lines for one in verdict.tenants.values())) == ([], 12)


def test_a_lost_proof_is_made_anew_from_the_lines(file: Written) -> None:
    file.more(6)
    file.sink.close()
    proof_path(file.path).unlink()
    assert counted(verify([file.path])) == {"acme": (3, True, 0), "globex": (3, True, 0)}
    file.open()
    file.more(2)
    file.sink.close()
    assert verify([file.path]).whole


def test_a_file_that_was_set_aside_and_the_one_behind_it_are_proved_together_and_each_alone(tmp_path: Path) -> None:
    file = Written(tmp_path, rotate_mb=1)
    while len(list(tmp_path.glob("audit*.jsonl"))) < 3:
        file.more(200)
    file.sink.close()
    files = [*sorted(tmp_path.glob("audit.*.jsonl"), key=lambda one: int(one.name.split(".")[1])), file.path]
    assert faults(verify(files)) == []
    for one in files:
        verdict = verify([one])
        assert (faults(verdict), {row.proven_start for row in verdict.tenants.values()}) == ([], {True})
    assert "is missing before it" in faults(verify([files[0], files[2]]))[0]


def test_files_that_are_thrown_away_take_their_proofs_along(tmp_path: Path) -> None:
    file = Written(tmp_path, rotate_mb=1, keep=1)
    while file.count < 6000:
        file.more(400)
    assert len(list(tmp_path.glob("audit.*.jsonl"))) == len(list(tmp_path.glob("audit.*.jsonl.proof"))) == 1


@pytest.mark.parametrize("how", ["moved away", "emptied"])
def test_a_file_that_another_program_takes_away_is_followed_by_one_that_goes_on(file: Written, how: str) -> None:
    file.more(4)
    if how == "moved away":
        file.path.rename(file.path.with_name("taken.jsonl"))
    else:
        os.truncate(file.path, 0)
    file.more(4)
    file.more(4)
    file.sink.close()
    verdict = verify([file.path])
    assert (faults(verdict), counted(verdict)) == ([], {"acme": (4, True, 1), "globex": (4, True, 1)})


def test_a_batch_that_the_disk_refused_is_bound_once_it_is_taken(
    file: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.more(4)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patch:
        patch.setattr(jsonl.os, "write", full)
        with pytest.raises(OSError, match="no space"):
            file.more(4)
    file.more(4)
    file.sink.close()
    assert faults(verify([file.path])) == []


def test_lines_from_before_they_were_bound_are_counted_and_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    plain = jsonl.open(jsonl.Settings(str(path)))
    plain.write(receipts(0, 3), 3)
    plain.close()
    file = Written(tmp_path)
    file.count = 3
    file.more(4)
    file.sink.close()
    verdict = verify([path])
    assert (faults(verdict), verdict.unbound, sum(one.lines for one in verdict.tenants.values())) == ([], 3, 4)


Change = Callable[[list[bytes]], list[bytes]]


@pytest.mark.parametrize(
    ("change", "line", "what"),
    [
        (
            lambda lines: [*lines[:6], lines[6].replace(b'"status":200', b'"status":403'), *lines[7:]],
            7,
            "it was changed",
        ),
        (lambda lines: [*lines[:6], *lines[7:]], 8, "entry 4 is missing"),
        (lambda lines: [*lines[:4], lines[6], lines[5], lines[4], *lines[7:]], 5, "entry 3 is missing"),
        (lambda lines: [*lines[:6], lines[4], *lines[6:]], 7, "entry 3 comes again"),
        (lambda lines: [*lines[:6], b'{"tenant":"acme"}', *lines[6:]], 7, "what binds it"),
        (lambda lines: lines[2:], 1, "entry 1 is missing"),
        (lambda lines: lines[:-4], 0, "had 10 when it was signed"),
    ],
    ids=["flipped", "dropped", "swapped", "repeated", "planted", "beheaded", "cut short"],
)
def test_the_first_line_that_is_not_as_it_was_is_named(file: Written, change: Change, line: int, what: str) -> None:
    file.more(20)
    file.sink.close()
    file.path.write_bytes(b"\n".join(change(file.path.read_bytes().splitlines())) + b"\n")
    found = faults(verify([file.path]))
    assert what in found[0], found
    # A dropped line is noticed at the next one of its tenant.
    assert not line or found[0].startswith(f"line {line} of audit.jsonl")


def test_lines_written_anew_with_good_digests_are_not_those_that_were_signed(file: Written, tmp_path: Path) -> None:
    file.more(8)
    file.sink.close()
    other = tmp_path / "other"
    other.mkdir()
    forged = Written(other)
    changed = [a_receipt(n, tenant=TENANTS[n % 2], cost_nano=1) for n in range(8)]
    forged.sink.write(changed, 8)
    forged.sink.close()
    file.path.write_bytes(forged.path.read_bytes())
    assert "written anew since it was signed" in faults(verify([file.path]))[0]


def test_the_command_names_the_first_broken_line_and_ends_with_1(
    file: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    file.more(6)
    file.sink.close()
    assert is_audit_file(file.path)
    assert main(["audit", "verify", str(file.path)]) == 0
    assert "whole   acme: 3 lines, their end is signed" in capsys.readouterr().out
    lines = file.path.read_bytes().splitlines()
    row = json.loads(lines[2])
    file.path.write_bytes(b"\n".join([*lines[:2], json.dumps(row | {"cost_nano": 0}).encode(), *lines[3:]]) + b"\n")
    assert main(["audit", "verify", str(file.path)]) == 1
    said = capsys.readouterr().out
    assert "line 3 of audit.jsonl" in said
    assert "whole   globex" in said
