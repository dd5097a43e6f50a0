"""A store counts as away when it is silent, not when this process has no time to hear it."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from torana.stores.valkey.patience import Heard, deadline


async def test_what_arrived_while_this_process_was_held_up_is_read_before_the_store_counts_as_away() -> None:
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    ours.setblocking(False)

    def held_up() -> None:
        theirs.send(b"answer")
        time.sleep(0.007)

    with ours, theirs:
        async with deadline(0.05, Heard()):
            loop.call_later(0.045, held_up)
            assert await loop.sock_recv(ours, 16) == b"answer"


async def test_a_store_that_never_answers_is_away_in_the_end() -> None:
    with pytest.raises(TimeoutError):
        async with deadline(0.01, Heard()):
            await asyncio.sleep(60)
