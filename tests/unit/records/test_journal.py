from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import asdict

from tests.line.world import World, model
from tests.receipts import a_receipt
from torana.core.tickets import Caller, Grant, Hold
from torana.line.settle import unknown_receipt
from torana.records.journal import FIRST_SLOTS, Journal, recorded
from torana.records.spool import Spool, SpoolSettings
from torana.testing.clock import FakeClock

AT = 1_750_000_000.0


def a_hold(world: World, user: str = "ann", receipt_id: str = "rcpt-1") -> Hold:
    key = next(iter(world.snapshot.keys.values()))
    trail = world.trail()
    trail.receipt_id = receipt_id
    trail.model = "m"
    grant = Grant(Caller("acme", "key-1", key, "dep", "red", user), model("m"), "default@1")
    return Hold(grant, trail, 1_234_567, "USD")


def test_what_was_open_is_found_by_the_next_process_and_what_was_closed_is_not(tmp_path: Path) -> None:
    world = World()
    journal = Journal(tmp_path / "holds")
    stays, goes = a_hold(world), a_hold(world, receipt_id="rcpt-2")
    for hold in (stays, goes):
        hold.slot = journal.opened(hold, AT)
    journal.closed(goes)
    journal.close()
    left = Journal(tmp_path / "holds").left
    assert [(one.receipt_id, one.user, one.team, one.held_nano, one.at) for _, one in left] == [
        ("rcpt-1", "ann", "red", 1_234_567, AT)
    ]


def test_slots_of_a_dead_process_are_not_written_over_until_they_are_freed(tmp_path: Path) -> None:
    world = World()
    first = Journal(tmp_path / "holds")
    first.opened(a_hold(world), AT)
    first.close()
    second = Journal(tmp_path / "holds")
    slots = {second.opened(a_hold(world, receipt_id=f"new-{number}"), AT) for number in range(FIRST_SLOTS)}
    assert second.left[0][0] not in slots
    second.free(second.left[0][0])
    second.close()
    assert "rcpt-1" not in {one.receipt_id for _, one in Journal(tmp_path / "holds").left}


def test_it_grows_with_what_is_open(tmp_path: Path) -> None:
    world = World()
    journal = Journal(tmp_path / "holds")
    for number in range(FIRST_SLOTS + 5):
        journal.opened(a_hold(world, receipt_id=str(number)), AT)
    journal.close()
    assert {one.receipt_id for _, one in Journal(tmp_path / "holds").left} == {str(n) for n in range(FIRST_SLOTS + 5)}


def test_names_of_any_length_and_script_fit(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "holds")
    journal.opened(a_hold(World(), user="𝔞" * 5000, receipt_id="r" * 32), AT)
    journal.close()
    (_, left), *_ = Journal(tmp_path / "holds").left
    assert left.user == "𝔞" * 100


def test_a_damaged_slot_is_cleared_not_fatal(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "holds")
    journal.opened(a_hold(World()), AT)
    journal.close()
    data = bytearray((tmp_path / "holds").read_bytes())
    data[12:20] = b"\xff" * 8
    (tmp_path / "holds").write_bytes(data)
    assert Journal(tmp_path / "holds").left == []


def test_two_processes_do_not_share_one(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "holds")
    with pytest.raises(BlockingIOError):
        Journal(tmp_path / "holds")
    journal.close()


def test_a_hold_without_a_slot_closes_nothing(tmp_path: Path) -> None:
    world = World()
    journal = Journal(tmp_path / "holds")
    written = a_hold(world)
    written.slot = journal.opened(written, AT)
    journal.closed(a_hold(world, receipt_id="other"))
    journal.close()
    assert len(Journal(tmp_path / "holds").left) == 1


def test_a_killed_process_leaves_what_it_had_open(tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib; from tests.unit.records.test_journal import *\n"
        "journal = Journal(pathlib.Path(sys.argv[1]))\n"
        "for number in range(100): journal.opened(a_hold(World(), receipt_id=f'r-{number}'), AT)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    root = Path(__file__).parents[3]
    environ = {**os.environ, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path / "holds")], env=environ, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert len(Journal(tmp_path / "holds").left) == 100


def test_the_receipt_of_a_dead_process_costs_what_was_held_and_says_so(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "holds")
    journal.opened(a_hold(World()), AT)
    journal.close()
    receipt = unknown_receipt(asdict(Journal(tmp_path / "holds").left[0][1]), 7)
    assert (receipt.ending, receipt.cost_nano, receipt.held_nano, receipt.usage_estimated, receipt.snapshot) == (
        "unknown",
        1_234_567,
        1_234_567,
        True,
        7,
    )


def test_receipts_that_the_spool_has_are_known(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SpoolSettings(), FakeClock())
    for number in range(9):
        spool.append([a_receipt(number, receipt_id=f"rcpt-{number}")])
    assert recorded(spool, {"rcpt-3", "rcpt-8", "rcpt-99"}) == {"rcpt-3", "rcpt-8"}
    spool.close()


def test_the_file_has_its_room_on_the_disk_from_the_start(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "holds")
    world = World()
    for number in range(FIRST_SLOTS + 1):  # it grows once
        journal.opened(a_hold(world, receipt_id=f"rcpt-{number}"), AT)
    found = (tmp_path / "holds").stat()
    assert found.st_blocks * 512 >= found.st_size, (
        "a page without a block kills the process that writes it to a full disk"
    )
    journal.close()


def test_a_hold_that_no_disk_has_room_for_is_held_all_the_same(tmp_path: Path) -> None:
    world = World()
    full = False

    def reserve(file: int, size: int) -> None:
        if full:
            raise OSError(28, "no space left")

    journal = Journal(tmp_path / "holds", reserve)
    full = True
    slots = [journal.opened(a_hold(world), AT) for _ in range(FIRST_SLOTS + 1)]
    assert (slots[-2], slots[-1]) == (FIRST_SLOTS - 1, -1)
    journal.free(7)
    assert journal.opened(a_hold(world), AT) == 7
    journal.close()


def test_what_it_cost_and_its_budgets_are_known_to_the_next_process_when_they_were_to_this_one(tmp_path: Path) -> None:
    world = World()
    journal = Journal(tmp_path / "holds")
    priced, running = a_hold(world), a_hold(world, receipt_id="rcpt-2")
    for hold in (priced, running):
        hold.budgets = ("cap/acme/red/day/2026-11-21/1/2",)
        hold.slot = journal.opened(hold, AT)
    journal.priced(priced, 77)
    journal.close()
    receipts = [unknown_receipt(asdict(one), 3) for _, one in Journal(tmp_path / "holds").left]
    assert [(one.receipt_id, one.cost_nano, one.budgets) for one in receipts] == [
        ("rcpt-1", 77, list(priced.budgets)),
        ("rcpt-2", 1_234_567, list(priced.budgets)),
    ]
