"""catalogue: every row is whole, and a wrong one is named."""

from __future__ import annotations

import pkgutil

import msgspec
import pytest

import torana.providers
from torana.providers import openai_compatible
from torana.providers.catalogue import Row, read_rows, rows

ROW = '[acme]\ntitle="A"\nkey_env="ACME_KEY"\nsource="https://acme.example"\n'


def test_the_rows_there_are_enough_of_them() -> None:
    assert len(rows()) >= 25
    assert len({row.base_url for row in rows().values()}) == len(rows())


@pytest.mark.parametrize("row", rows().values(), ids=lambda row: row.id)
def test_a_row_gives_settings_that_open(row: Row) -> None:
    given = {"base_url": "http://own.test", **row.defaults(), "needs_key": False}
    openai_compatible.open(msgspec.convert(given, openai_compatible.Settings), None)
    assert row.source.startswith("https://")


def test_a_new_row_has_the_least() -> None:
    row = read_rows(ROW)["acme"]
    assert (row.operations, row.capabilities, row.needs_key) == (("chat",), (), True)


@pytest.mark.parametrize(("line", "word"), [
    ('operations=["dance"]', "operations"), ("colour=1", "colour"), ('base_url="ftp://x"', "base_url"),
    ('base_url="http://x/v1/"', "base_url"), ('capabilities=["x"]', "capabilities"),
])  # fmt: skip
def test_a_wrong_row_is_named_with_its_field(line: str, word: str) -> None:
    with pytest.raises(ValueError, match=f"acme.*{word}"):
        read_rows(ROW + line)


def test_a_row_that_needs_a_key_says_which() -> None:
    with pytest.raises(ValueError, match="key_env"):
        read_rows('[acme]\ntitle="A"\nsource="https://acme.example"\n')


def test_no_row_has_the_id_of_a_file_which_would_win() -> None:
    files = {found.name for found in pkgutil.iter_modules(torana.providers.__path__)}
    assert files & rows().keys() == set()
