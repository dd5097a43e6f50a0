from __future__ import annotations

import json
import os
import resource
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.receipts import a_receipt, some_receipts
from torana.records.shipping import record_of
from torana.sinks import jsonl


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_has_the_fields_of_the_receipt_and_its_position(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    sink = jsonl.open(jsonl.Settings(str(path)))
    sink.write([a_receipt(1), a_receipt(2)], 1002)
    sink.close()
    first, second = lines(path)
    assert (first["position"], second["position"]) == (1001, 1002)
    assert first["model"] == "gpt-4o-mini"
    assert first["attempts"] == [["first", "gpt-4o-mini-2026", "ok", 290, ""]]


@pytest.mark.parametrize("cut", [1, 50, 700])
def test_a_batch_torn_in_its_last_line_is_completed_without_repeating_the_others(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "audit.jsonl"
    sink = jsonl.open(jsonl.Settings(str(path)))
    sink.write(some_receipts(5), 5)
    sink.close()
    path.write_bytes(path.read_bytes()[:-cut])
    again = jsonl.open(jsonl.Settings(str(path)))
    assert again.written() == 4
    again.write(some_receipts(5), 5)
    again.close()
    assert [line["position"] for line in lines(path)] == [1, 2, 3, 4, 5]


def test_the_line_is_believed_before_the_number_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    sink = jsonl.open(jsonl.Settings(str(path)))
    sink.write(some_receipts(5), 5)
    sink.close()
    (tmp_path / "audit.jsonl.position").write_text("2\n")  # killed between the line and the number
    again = jsonl.open(jsonl.Settings(str(path)))
    assert again.written() == 5
    again.close()


@pytest.mark.parametrize("how", ["moved away", "truncated"])
def test_a_file_that_another_program_rotated_goes_on_where_it_was(tmp_path: Path, how: str) -> None:
    path = tmp_path / "audit.jsonl"
    sink = jsonl.open(jsonl.Settings(str(path)))
    sink.write(some_receipts(5), 5)
    if how == "moved away":
        path.rename(tmp_path / "audit.1")
    else:
        os.truncate(path, 0)
    sink.write(some_receipts(1, since=5), 6)
    assert [line["position"] for line in lines(path)] == [6]
    sink.close()
    os.truncate(path, 0)
    again = jsonl.open(jsonl.Settings(str(path)))
    assert again.written() == 6
    again.close()


def test_a_large_file_is_set_aside_under_its_last_position(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    sink = jsonl.open(jsonl.Settings(str(path), rotate_mb=1))
    for number in range(0, 4000, 500):
        sink.write(some_receipts(500, since=number), number + 500)
    sink.close()
    files = sorted(tmp_path.glob("audit*.jsonl"))
    assert len(files) == 3
    together = sorted(int(str(line["position"])) for file in files for line in lines(file))
    assert together == list(range(1, 4001))
    assert f"audit.{lines(files[0])[-1]['position']}.jsonl" == files[0].name


def test_a_file_that_is_not_ours_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_text("hello\n")
    with pytest.raises(ValueError, match="not a Receipt"):
        jsonl.open(jsonl.Settings(str(path)))
    assert path.read_text() == "hello\n"


def write_on_a_small_disk(path: Path) -> None:
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    sink = jsonl.open(jsonl.Settings(str(path)))
    sink.write(some_receipts(10), 10)
    before = path.read_bytes()
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 5000, resource.RLIM_INFINITY))
    try:
        sink.write(some_receipts(200, since=10), 210)
    except OSError:
        same = path.read_bytes() == before
        os._exit(0 if same and sink.written() == 10 else 2)
    os._exit(3)


def test_a_disk_that_takes_half_a_batch_leaves_no_half_of_it(tmp_path: Path) -> None:
    process = get_context("spawn").Process(target=write_on_a_small_disk, args=(tmp_path / "audit.jsonl",))
    process.start()
    process.join(60)
    assert process.exitcode == 0


def test_an_old_file_is_set_aside_and_only_some_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    settings = jsonl.Settings(str(path), rotate_hours=1, keep=2)
    for number in range(5):  # opened anew each time: the age is that of the file's first record
        sink = jsonl.open(settings)
        sink.write([a_receipt(number * 3600)], number + 1)
        sink.write([a_receipt(number * 3600 + 1800)], number + 2)
        sink.close()
    assert sorted(file.name for file in tmp_path.glob("audit*.jsonl")) == [
        "audit.4.jsonl",
        "audit.5.jsonl",
        "audit.jsonl",
    ]
    assert [line["at"] for line in lines(path)] == [a_receipt(4 * 3600).at, a_receipt(4 * 3600 + 1800).at]


def test_files_of_others_are_not_taken_for_ours(tmp_path: Path) -> None:
    other = tmp_path / "audit.old.jsonl"
    other.write_text("keep me\n")
    sink = jsonl.open(jsonl.Settings(str(tmp_path / "audit.jsonl"), rotate_hours=1, keep=1))
    for number in range(4):
        sink.write([a_receipt(number * 4000)], number + 1)
    sink.close()
    assert other.exists()
    assert len(list(tmp_path.glob("audit.*.jsonl"))) == 2


def test_what_a_crash_left_half_written_is_cut_off_a_file_of_records(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    path.write_text('{"id":"a"}\n{"id":"b')
    target = jsonl.JsonlTarget(jsonl.Settings(str(path), fsync=True))
    target.send([record_of(a_receipt(1))])
    target.close()
    assert [line["id"] for line in lines(path)] == ["a", a_receipt(1).receipt_id]


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        jsonl.Settings("a", keep=-1)
