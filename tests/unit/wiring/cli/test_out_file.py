from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from torana.wiring.cli.out_file import TOLD_EVERY, Part, refuse_existing, write


def test_parts_are_counted_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "rows.csv"
    assert write(str(out), False, [(0, b"head\n"), (TOLD_EVERY - 1, b"a\n"), (2, b"b\n")]) == TOLD_EVERY + 1
    assert out.read_bytes() == b"head\na\nb\n"
    assert capsys.readouterr().err == "100,001 rows so far\n"


def test_standard_output_holds_nothing_but_the_rows(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert write("-", False, [(1, b"row\r\n")]) == 1
    assert capsysbinary.readouterr() == (b"row\r\n", b"")


def test_what_fails_half_way_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    def broken() -> Iterator[Part]:
        yield 1, b"new"
        raise ValueError("the database went away")

    out = tmp_path / "rows.csv"
    with pytest.raises(ValueError, match="went away"):
        write(str(out), False, broken())
    assert list(tmp_path.iterdir()) == []
    out.write_bytes(b"old")
    with pytest.raises(ValueError, match="went away"):
        write(str(out), True, broken())
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"old"]


def test_a_file_that_came_meanwhile_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"

    def slow() -> Iterator[Part]:
        yield 1, b"new"
        out.write_bytes(b"of somebody else")

    with pytest.raises(ValueError, match="--force"):
        write(str(out), False, slow())
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"of somebody else"]


def test_a_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    write(str(out), False, [(1, b"row")])
    assert out.stat().st_mode & 0o777 == 0o600


def test_what_is_no_file_is_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no ordinary file"):
        refuse_existing(str(tmp_path), force=True)
    refuse_existing("-", force=False)
    refuse_existing(str(tmp_path / "new"), force=False)
