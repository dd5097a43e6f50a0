"""Whether a gateway runs is read off the locks of its spools."""

from __future__ import annotations

from pathlib import Path

import pytest

from torana.records.spool import Spool, SpoolSettings, SpoolTaken
from torana.testing.clock import FakeClock
from torana.wiring.settings import Settings
from torana.wiring.stopped import Running, shared_spools, stopped


def spool(folder: Path) -> Spool:
    return Spool(folder, SpoolSettings(), FakeClock())


@pytest.mark.parametrize("name", ["spool", "spool-2"])
def test_a_gateway_or_a_worker_that_runs_is_noticed(tmp_path: Path, name: str) -> None:
    settings = Settings(data_dir=str(tmp_path))
    spool(tmp_path / "spool").close()
    running = spool(tmp_path / name)
    with pytest.raises(Running, match="stop it first"), stopped(settings):
        raise AssertionError
    running.close()
    with stopped(settings):
        pass


def test_none_starts_meanwhile_and_one_can_afterwards(tmp_path: Path) -> None:
    spool(tmp_path / "spool").close()
    with stopped(Settings(data_dir=str(tmp_path))), pytest.raises(SpoolTaken):
        spool(tmp_path / "spool")
    spool(tmp_path / "spool").close()


def test_a_folder_without_a_spool_is_in_nobodys_way(tmp_path: Path) -> None:
    with stopped(Settings(data_dir=str(tmp_path / "nowhere"))):
        assert shared_spools(Settings(data_dir=str(tmp_path / "nowhere"))) == {}


def test_the_only_spool_goes_by_the_name_of_its_process(tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "name").write_text("a1b2")
    assert shared_spools(Settings(data_dir=str(tmp_path))) == {"main": "a1b2"}
