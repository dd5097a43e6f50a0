"""``torana bench``: hands on to the bench of a checkout, else says where it is."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from torana.wiring.cli import bench


def test_in_an_installed_package_it_says_how(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.run(Namespace(rest=[]), tmp_path / "site-packages" / "torana") == 1
    assert "make bench" in capsys.readouterr().err


def test_in_a_checkout_it_runs_the_bench_and_gives_its_exit_code(tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "bench"
    folder.mkdir(parents=True)
    for package in (folder, folder.parent):  # without these, a `tests` elsewhere on the path would win
        (package / "__init__.py").touch()
    (folder / "__main__.py").write_text("import sys; sys.exit(len(sys.argv))")
    assert bench.run(Namespace(rest=["--quick", "2"]), tmp_path / "src" / "torana") == 3
