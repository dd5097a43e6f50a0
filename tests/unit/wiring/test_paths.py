"""Where the files of an installation are."""

from pathlib import Path

from tests.unit.wiring.offer import read
from torana.wiring.options import Overrides
from torana.wiring.paths import data_dir, database_url, secrets_dir, spool_dir


def test_everything_is_below_the_data_folder() -> None:
    settings = read(overrides=Overrides(data_dir="/srv/t")).settings
    assert data_dir(settings) == Path("/srv/t")
    assert database_url(settings) == "sqlite:////srv/t/torana.db"
    assert secrets_dir(settings).parent == spool_dir(settings).parent == Path("/srv/t")


def test_a_configured_database_is_taken() -> None:
    assert database_url(read(environ={"DATABASE_URL": "sqlite:///x.db"}).settings) == "sqlite:///x.db"
