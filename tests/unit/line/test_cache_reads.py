"""That a body which came lately is not read again."""

from __future__ import annotations

import pytest

from torana.core.call import Ask
from torana.core.errors import GatewayError
from torana.line.cache_reads import LATELY, MANY, SHORT, SMALL, Read, read_lately


class Reader:
    """Says how often it was asked."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []

    def read(self, body: bytes) -> Ask:
        self.asked.append(body)
        if body == b"bad":
            raise GatewayError("REQUEST_INVALID", "bad")
        return Ask(body.decode())


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def lately(reader: Reader) -> Read:
    return read_lately(reader.read)


def test_equal_bodies_are_read_once(reader: Reader, lately: Read) -> None:
    assert [lately(b"one"), lately(b"o" + b"ne"), lately(b"two")] == [Ask("one"), Ask("one"), Ask("two")]
    assert reader.asked == [b"one", b"two"]


def test_what_is_refused_is_refused_each_time(reader: Reader, lately: Read) -> None:
    for _ in range(2):
        with pytest.raises(GatewayError):
            lately(b"bad")
    assert reader.asked == [b"bad", b"bad"]


def test_long_bodies_are_not_remembered(reader: Reader, lately: Read) -> None:
    for size in (SMALL, SHORT, SHORT + 1):
        lately(b"x" * size)
        lately(b"x" * size)
    assert [len(body) for body in reader.asked] == [SMALL, SHORT, SHORT + 1, SHORT + 1]


@pytest.mark.parametrize(("most", "more"), [(MANY, b""), (LATELY, b"x" * SMALL)], ids=["small", "longer"])
def test_so_many_are_remembered_and_no_more(reader: Reader, lately: Read, most: int, more: bytes) -> None:
    for number in range(most + 1):
        lately(b"%d" % number + more)
    lately(b"%d" % most + more)
    assert len(reader.asked) == most + 1
    lately(b"0" + more)
    assert len(reader.asked) == most + 2


def test_one_reader_has_one_memory_and_shares_it_with_no_other(reader: Reader) -> None:
    other = Reader()
    assert read_lately(reader.read) is read_lately(reader.read)
    read_lately(reader.read)(b"one")
    read_lately(other.read)(b"one")
    assert (reader.asked, other.asked) == ([b"one"], [b"one"])
