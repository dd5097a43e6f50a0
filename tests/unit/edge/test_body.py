"""A body is read whole or refused by its size; a caller who leaves is noticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.errors import GatewayError
from torana.edge.body import ClientGone, read_body
from torana.edge.house import Bounds, Message

LIMIT = 100


class Arriving:
    """A body in parts; after them, or instead of the end, the caller leaves."""

    def __init__(self, *parts: bytes, leaves: bool = False) -> None:
        last = len(parts) - 1
        self.messages: list[Message] = [
            {"type": "http.request", "body": part, "more_body": leaves or number < last}
            for number, part in enumerate(parts)
        ]
        self.messages.append({"type": "http.disconnect"})
        self.read = 0

    async def __call__(self) -> Message:
        self.read += 1
        return self.messages.pop(0)


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=8))
async def test_a_body_is_its_parts_or_too_large(parts: list[bytes]) -> None:
    arriving = Arriving(*parts)
    whole = b"".join(parts)
    if len(whole) <= LIMIT:
        assert await read_body(arriving, None, Bounds(max_body_bytes=LIMIT)) == whole
    else:
        with pytest.raises(GatewayError) as caught:
            await read_body(arriving, None, Bounds(max_body_bytes=LIMIT))
        assert caught.value.code == "REQUEST_TOO_LARGE"
        assert len(b"".join(parts[: arriving.read - 1])) <= LIMIT, "it read on after it was too large"


async def test_a_declared_length_over_the_bound_is_refused_before_reading() -> None:
    arriving = Arriving(b"x")
    with pytest.raises(GatewayError) as caught:
        await read_body(arriving, LIMIT + 1, Bounds(max_body_bytes=LIMIT))
    assert (caught.value.status, caught.value.details, arriving.read) == (413, {"limit_bytes": LIMIT}, 0)


async def test_a_declared_length_within_the_bound_is_not_believed() -> None:
    with pytest.raises(GatewayError):
        await read_body(Arriving(b"x" * (LIMIT + 1)), 1, Bounds(max_body_bytes=LIMIT))


async def test_a_body_of_exactly_the_bound_fits() -> None:
    assert len(await read_body(Arriving(b"x" * LIMIT), LIMIT, Bounds(max_body_bytes=LIMIT))) == LIMIT


@pytest.mark.parametrize("parts", [(), (b"a",), (b"a", b"b")])
async def test_a_caller_who_leaves_before_the_end_is_gone(parts: tuple[bytes, ...]) -> None:
    with pytest.raises(ClientGone):
        await read_body(Arriving(*parts, leaves=True), None, Bounds())


async def test_a_message_without_a_body_is_an_empty_one() -> None:
    async def receive() -> Message:
        return {"type": "http.request"}

    assert await read_body(receive, None, Bounds()) == b""
