"""What callers say about the cache is read in whichever way they say it; the strictest holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.errors import GatewayError
from torana.line.cache_wish import PLAIN, Wish, wish_of


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        (("cache-control", "no-cache"), Wish(find=False)),
        (("cache-control", "No-Store"), Wish(keep=False)),
        (("cache-control", "no-cache, no-store, max-age=5"), Wish(False, False, None, 5.0)),
        (("cache-control", "max-age=soon, private, off"), PLAIN),
        (("x-torana-cache", "off"), Wish(False, False)),
        (("x-torana-cache", "on"), PLAIN),
        (("x-torana-cache", "ttl=60, max-age=5"), Wish(True, True, 60.0, 5.0)),
        (("x-torana-cache-ttl", "30"), Wish(ttl_s=30.0)),
        (("x-torana-cache-max-age", "30"), Wish(max_age_s=30.0)),
        (("idempotency-key", "no-cache"), PLAIN),
    ],
)
def test_headers(said: tuple[str, str], wish: Wish) -> None:
    assert wish_of((said,), None) == wish


def test_the_body_says_the_same_in_two_spellings() -> None:
    assert wish_of((), {"no-cache": True, "ttl": 5, "s-maxage": 3}) == Wish(False, True, 5.0, 3.0)
    assert wish_of((), {"no_store": True, "max_age": 3.5, "no_cache": False}) == Wish(True, False, None, 3.5)


def test_the_strictest_of_all_holds() -> None:
    said = (("cache-control", "max-age=9"), ("x-torana-cache-max-age", "4"), ("x-torana-cache-ttl", "7"))
    assert wish_of(said, {"ttl": 5, "max-age": 6}) == Wish(True, True, 5.0, 4.0)


@pytest.mark.parametrize("value", ["soon", "-1", "nan", "inf", True, None, [], 10**400, "9" * 400])
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(GatewayError) as refused:
        wish_of((), {"ttl": value})
    assert (refused.value.code, refused.value.param) == ("REQUEST_INVALID", "cache.ttl")


@given(st.text(max_size=60))
def test_any_cache_control_is_read(text: str) -> None:
    wish_of((("cache-control", text),), None)
