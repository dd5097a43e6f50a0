"""A Secret is in no text that people or machines read."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from dataclasses import asdict, dataclass
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.secret import Secret

HIDDEN = "sk-very-hidden-value"
secret = Secret(HIDDEN)


@dataclass
class Settings:
    api_key: Secret


class Pair(NamedTuple):
    api_key: Secret


class Struct(msgspec.Struct):
    api_key: Secret


SHOWN = {
    "repr": lambda: repr(secret),
    "str": lambda: str(secret),
    "f-string": lambda: f"{secret} {secret!r} {secret!s} {secret:>40} {secret:x}",
    "format": lambda: "{} {:s}".format(secret, secret),  # noqa: UP032
    "percent": lambda: "%s %r" % (secret, secret),  # noqa: UP031
    "list": lambda: str([secret, {"k": secret}]),
    "dataclass": lambda: repr(Settings(secret)),
    "named tuple": lambda: repr(Pair(secret)),
    "struct": lambda: repr(Struct(secret)),
    "json with repr": lambda: json.dumps({"k": secret}, default=repr),
    "json with str": lambda: json.dumps({"k": secret}, default=str),
    "msgspec with repr": lambda: msgspec.json.encode({"k": secret}, enc_hook=repr).decode(),
    "hint": secret.hint,
    "ascii": lambda: ascii(secret),
    "dir": lambda: str(dir(secret)),
}


@pytest.mark.parametrize("way", SHOWN)
def test_no_way_of_showing_shows_it(way: str) -> None:
    assert HIDDEN not in SHOWN[way]()


WRITTEN = {
    "pickle": lambda: pickle.dumps(secret),
    "pickle of its owner": lambda: pickle.dumps(Pair(secret)),
    "json": lambda: json.dumps({"k": secret}),
    "msgspec": lambda: msgspec.json.encode(Struct(secret)),
    "msgpack": lambda: msgspec.msgpack.encode(Struct(secret)),
    "deep copy": lambda: copy.deepcopy(secret),
    "dataclass as dict": lambda: asdict(Settings(secret)),
}


@pytest.mark.parametrize("way", WRITTEN)
def test_no_serialiser_takes_it(way: str) -> None:
    with pytest.raises(TypeError) as refused:
        WRITTEN[way]()
    assert HIDDEN not in "".join(traceback.format_exception(refused.value))


def test_it_has_no_dict_to_be_dumped() -> None:
    with pytest.raises(TypeError):
        vars(secret)


def test_a_log_line_does_not_show_it(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("t").warning("key %s", secret, extra={"key": secret})
    assert HIDDEN not in caplog.text
    assert all(HIDDEN not in str(vars(record)) for record in caplog.records)


@given(st.text(min_size=4))
def test_only_reveal_gives_it(value: str) -> None:
    held = Secret(value)
    assert held.reveal() == value
    assert f"{held}{held!r}" == "***Secret(***)"


@given(st.text(), st.text())
def test_secrets_are_equal_by_value(one: str, other: str) -> None:
    assert (Secret(one) == Secret(other)) is (one == other)
    assert Secret(one) != one
    assert len({Secret(one), Secret(one)}) == 1
    assert bool(Secret(one)) is bool(one)


def test_hints_tell_secrets_apart() -> None:
    assert Secret("a").hint() == Secret("a").hint() != Secret("b").hint()
