"""Secrets of the installation: made once, for the owner only, the same for processes that start at once."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from torana.core.secret import Secret
from torana.wiring.keyring import open_keyring, weakness
from torana.wiring.problems import ConfigError

STRONG = "q8Zr2vNw5Xy7Kp1Lm3Tb9Cd4Fg6Hj0Sa"


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    first = open_keyring(tmp_path / "data" / "secrets", {})
    assert len(first.hash_key) == 32
    assert first == open_keyring(tmp_path / "data" / "secrets", {})
    assert first.hash_key != open_keyring(tmp_path / "other", {}).hash_key


def test_only_the_owner_may_read_them(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    open_keyring(folder, {})
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert {path.name for path in folder.iterdir()} == {"key_hash_key", "jwt_secret", "audit_key"}


def test_a_secret_that_others_may_read_is_warned_about(tmp_path: Path) -> None:
    open_keyring(tmp_path, {})
    (tmp_path / "key_hash_key").chmod(0o644)
    assert "others may read this secret" in str(open_keyring(tmp_path, {}).warnings[0])


def test_those_who_start_at_once_have_the_same_secrets(tmp_path: Path) -> None:
    for round_ in range(10):
        folder = tmp_path / str(round_)
        with ThreadPoolExecutor(8) as pool:
            rings = list(pool.map(lambda _, folder=folder: open_keyring(folder, {}), range(8)))
        assert len({ring.hash_key for ring in rings}) == 1
        assert len(list(folder.iterdir())) == 3


def test_the_environment_gives_them_instead_and_nothing_is_written(tmp_path: Path) -> None:
    names = ("TORANA_KEY_HASH_KEY", "JWT_SECRET", "TORANA_MASTER_KEY", "TORANA_AUDIT_KEY")
    environ = dict.fromkeys(names, STRONG)
    ring = open_keyring(tmp_path / "none", environ)
    assert (ring.hash_key, ring.jwt_secret.reveal(), ring.master_key) == (STRONG.encode(), STRONG, Secret(STRONG))
    assert not (tmp_path / "none").exists()


def test_the_names_of_the_token_secret_have_an_order_and_the_file_comes_last(tmp_path: Path) -> None:
    a, b, c = ("A" + STRONG, "B" + STRONG, "C" + STRONG)
    assert open_keyring(tmp_path, {"SESSION_SECRET": b, "JWT_SECRET_KEY": a}).jwt_secret.reveal() == a
    assert open_keyring(tmp_path, {"SESSION_SECRET": b}, configured_jwt=Secret(c)).jwt_secret.reveal() == b
    assert open_keyring(tmp_path, {}, configured_jwt=Secret(c)).jwt_secret.reveal() == c


@pytest.mark.parametrize("name", ["JWT_SECRET_KEY", "JWT_SECRET", "SESSION_SECRET"])
def test_a_weak_token_secret_is_refused_and_with_dev_warned_about(tmp_path: Path, name: str) -> None:
    weak = {name: "your-super-secret-key-change-in-production"}
    with pytest.raises(ConfigError, match=f"{name} is too weak"):
        open_keyring(tmp_path, weak)
    ring = open_keyring(tmp_path, weak, dev=True)
    assert "too weak outside --dev" in str(ring.warnings[0])
    assert weak[name] not in str(ring.warnings[0])


@pytest.mark.parametrize("name", ["TORANA_KEY_HASH_KEY", "TORANA_MASTER_KEY", "TORANA_AUDIT_KEY"])
def test_other_weak_secrets_are_refused_with_dev_too(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is too weak"):
        open_keyring(tmp_path, {name: "short"}, dev=True)


@pytest.mark.parametrize("text", ["short", "a" * 40, "abab" * 10, "changeme" * 5, "my-secret-0123456789-0123456789-01"])
def test_what_can_be_guessed_is_weak(text: str) -> None:
    assert weakness(text)


def test_what_openssl_prints_is_strong() -> None:
    assert weakness(STRONG) == ""
    assert weakness("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08") == ""


@pytest.mark.parametrize("damage", ["", "abc", "zz" * 32])
def test_a_damaged_secret_is_refused_not_replaced(tmp_path: Path, damage: str) -> None:
    open_keyring(tmp_path, {})
    (tmp_path / "key_hash_key").write_text(damage)
    with pytest.raises(ConfigError, match="damaged"):
        open_keyring(tmp_path, {})
    assert (tmp_path / "key_hash_key").read_text() == damage


def test_a_folder_that_cannot_be_made_is_a_problem_not_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be kept"):
        open_keyring(tmp_path / "file" / "secrets", {})


def test_a_keyring_is_not_printable(tmp_path: Path) -> None:
    ring = open_keyring(tmp_path, {})
    assert ring.hash_key.hex() not in repr(ring)
    assert repr(ring) == "<Keyring>"
