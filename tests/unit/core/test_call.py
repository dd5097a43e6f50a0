"""The words of a request keep what they carry out of texts, and read the body once, late."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.call import Ask, Call, Prompt, Usage
from torana.core.errors import GatewayError
from torana.core.trail import Trail

COUNT = st.integers(0, 10**9)


def call_of(read: object) -> Call:
    return Call("d", "chat", b"the body", [("authorization", "Bearer sk-hidden")], read, Trail("r", "i", 0.0, 0.0))


@given(COUNT, COUNT, COUNT)
def test_input_is_all_that_went_in(uncached: int, read: int, write: int) -> None:
    assert Usage(uncached, read, write, output=3, reasoning=1).input == uncached + read + write


def test_the_body_is_read_on_first_use_and_once() -> None:
    reads: list[bytes] = []

    def read(body: bytes) -> Ask:
        reads.append(body)
        return Ask("m", stream=True)

    call = call_of(read)
    assert reads == []
    assert call.ask is call.ask
    assert reads == [b"the body"]
    assert (call.trail.model, call.trail.stream) == ("m", True)


def test_a_body_that_cannot_be_read_leaves_the_trail_as_it_was() -> None:
    def read(body: bytes) -> Ask:
        raise GatewayError("REQUEST_INVALID", "no")

    call = call_of(read)
    with pytest.raises(GatewayError):
        _ = call.ask
    assert call.trail.model == ""


def test_neither_credentials_nor_bodies_are_printed() -> None:
    call = call_of(lambda body: Ask("m"))
    prompt = Prompt(call, "m", b"the body")
    assert repr(call) == "<Call d 8 bytes>"
    assert repr(prompt) == "<Prompt d 8 bytes>"


@pytest.mark.parametrize(("counted", "then"), [(None, 8 + 100), (3, 3 + 100)])
def test_what_is_read_with_a_body_counts_with_it(counted: int | None, then: int) -> None:
    call = call_of(lambda body: Ask("m", counted_bytes=counted))
    call.counted_with(100)
    assert call.ask.counted_bytes == then
