from __future__ import annotations

import threading

import pytest

from tests.receipts import a_receipt
from torana.core.errors import GatewayError
from torana.wiring.metering import MOST_FOLLOWERS, MOST_KEPT, Tailing


async def test_who_follows_is_told_what_is_wanted_and_what_was_lost() -> None:
    tail = Tailing(lambda: False)
    with tail.follow(lambda receipt: receipt.team == "red") as follower:
        batch = [a_receipt(number, team=("red", "blue")[number % 2]) for number in range(2 * MOST_KEPT + 20)]
        writer = threading.Thread(target=tail.take, args=(batch,))
        writer.start()
        writer.join()
        receipts, lost = await follower.some(5)
        assert ({one.team for one in receipts}, len(receipts), lost) == ({"red"}, MOST_KEPT, 10)
        assert receipts[-1].receipt_id == batch[-2].receipt_id
        assert await follower.some(0.01) == ((), 0)
    tail.take(batch)


async def test_no_more_follow_than_may() -> None:
    tail = Tailing(lambda: True)
    assert tail.ending
    held = [tail.follow(lambda receipt: True) for _ in range(MOST_FOLLOWERS)]
    for one in held:
        one.__enter__()
    with pytest.raises(GatewayError) as refused, tail.follow(lambda receipt: True):
        pass
    assert refused.value.code == "OVERLOADED"
    held[0].__exit__(None, None, None)
    with tail.follow(lambda receipt: True):
        pass
