"""Secrets sealed in the database: opened where they stand, with the key they were sealed with, and nowhere else."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.secret import Secret
from torana.wiring.problems import ConfigError, Problem
from torana.wiring.sealing import Unsealable, is_sealed, mark_of, sealer_of, sealer_with

ONE = sealer_with(Secret("one master key of the installation"))
OTHER = sealer_with(Secret("another master key altogether"))


@given(st.text(max_size=300), st.text(max_size=80))
def test_what_is_sealed_opens_where_it_stands(text: str, about: str) -> None:
    sealed = ONE.seal(text, about)
    assert is_sealed(sealed) and (not text or len(text) < 4 or text not in sealed)
    assert ONE.open(sealed, about) == text
    assert mark_of(sealed) == ONE.mark(text)


def test_the_same_secret_is_never_sealed_the_same_way_twice_but_known_again() -> None:
    one, two = (ONE.seal("sk-secret", "here") for _ in range(2))
    assert one != two and mark_of(one) == mark_of(two) != mark_of(OTHER.seal("sk-secret", "here"))


def test_it_opens_neither_elsewhere_nor_changed_nor_by_another_key() -> None:
    sealed = ONE.seal("sk-secret", "acme")
    with pytest.raises(Unsealable, match="another place"):
        ONE.open(sealed, "globex")
    letter = "A" if sealed[-10] != "A" else "B"
    with pytest.raises(Unsealable, match="damaged"):
        ONE.open(sealed[:-10] + letter + sealed[-9:], "acme")
    with pytest.raises(Unsealable, match="TORANA_MASTER_KEY"):
        OTHER.open(sealed, "acme")
    with pytest.raises(Unsealable, match="damaged"):
        ONE.open(sealed.rpartition(":")[0] + ":no base64!", "acme")


def test_without_a_master_key_one_is_made_when_it_is_needed_and_that_is_said(tmp_path: Path) -> None:
    said: list[Problem] = []
    folder = tmp_path / "secrets"
    sealer = sealer_of(folder, {}, said.append)
    assert not folder.exists()
    sealed = sealer.seal("x", "y")
    assert stat.S_IMODE((folder / "master_key").stat().st_mode) == 0o600
    assert [one.level for one in said] == ["warning"] and "whoever copies the data folder" in said[0].message
    assert sealer_of(folder, {}).open(sealed, "y") == "x"
    with pytest.raises(Unsealable):
        sealer_of(folder, {"TORANA_MASTER_KEY": "k7Jq2vX9mP4wR8tZ1nB6cD3fG5hL0sYa"}).open(sealed, "y")


def test_a_weak_master_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="TORANA_MASTER_KEY is too weak"):
        sealer_of(tmp_path, {"TORANA_MASTER_KEY": "short"}).seal("x", "y")
