"""What is read off a request's head, and what is not believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.line.asgi import Visit, house_of
from tests.line.world import World
from torana.edge.head import Head, first_untrusted, read_head, with_key
from torana.edge.house import Bounds
from torana.line.identify import CREDENTIAL_HEADERS


def head_of(*headers: tuple[str, str], address: str = "192.0.2.1", trusted: tuple[str, ...] = ()) -> Head:
    house = house_of(World(), Bounds(trusted_proxies=trusted))
    return read_head(Visit(house, headers=headers, address=address).scope(), house)


@pytest.mark.parametrize("name", CREDENTIAL_HEADERS)
def test_each_credential_header_is_kept_with_its_name(name: str) -> None:
    assert head_of((name, "x"), ("accept", "*/*")).credentials == ((name, "x"),)


def test_all_credentials_are_kept_in_order_for_the_gate_to_judge() -> None:
    given = (("api-key", "a"), ("authorization", "Bearer b"), ("api-key", "c"))
    assert head_of(*given).credentials == given


def test_a_sane_request_id_of_the_callers_is_taken_over() -> None:
    assert head_of(("x-request-id", "my-id.1")).request_id == "my-id.1"


@pytest.mark.parametrize("text", ["", "a b", "a\r\nx: y", "ü", "x" * 129, "../etc", '"'])
def test_any_other_request_id_is_replaced_by_ours(text: str) -> None:
    assert head_of(("x-request-id", text)).request_id == "req_made_1"


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("0", 0),
        ("12", 12),
        ("", None),
        ("-1", None),
        ("+1", None),
        ("1.5", None),
        ("0x10", None),
        ("9" * 19, None),
        ("²", None),
    ],
)
def test_a_length_is_a_plain_number_or_unknown(text: str, length: int | None) -> None:
    assert head_of(("content-length", text)).content_length == length


def test_without_a_peer_there_is_no_address() -> None:
    assert head_of(address="").address == ""


def test_a_forwarded_address_of_anybody_is_not_believed() -> None:
    assert head_of(("x-forwarded-for", "10.0.0.1")).address == "192.0.2.1"
    assert head_of(("x-forwarded-for", "10.0.0.1"), trusted=("192.0.2.9",)).address == "192.0.2.1"


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("10.0.0.1, 198.51.100.7", "198.51.100.7"),
        ("198.51.100.7, 192.0.2.2", "198.51.100.7"),
        ("10.0.0.1,198.51.100.7 , 192.0.2.2,192.0.2.1", "198.51.100.7"),
        ("192.0.2.2", "192.0.2.1"),
        ("", "192.0.2.1"),
    ],
)
def test_a_trusted_proxys_word_counts_up_to_the_first_stranger(forwarded: str, address: str) -> None:
    assert head_of(("x-forwarded-for", forwarded), trusted=("192.0.2.1", "192.0.2.2")).address == address


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("198.51.100.7, 10.200.0.1", "198.51.100.7"),
        ("2001:db8:1::7, ::ffff:10.0.0.9", "2001:db8:1::7"),
        ("198.51.100.7:4711, 10.0.0.1", "198.51.100.7:4711"),
        ("unknown, 10.0.0.1", "unknown"),
        ("x" * 5000, "x" * 64),
    ],
    ids=lambda text: text[:20],
)
def test_proxies_are_trusted_by_network_and_what_is_no_address_is_in_none(forwarded: str, address: str) -> None:
    trusted = ("10.0.0.0/8", "192.0.2.0/24")
    assert head_of(("x-forwarded-for", forwarded), trusted=trusted).address == address


@given(st.lists(st.sampled_from(["1.1.1.1", "2.2.2.2", "9.9.9.9"]), max_size=6))
def test_what_a_stranger_put_before_its_own_address_is_never_taken(hops: list[str]) -> None:
    found = first_untrusted(", ".join(hops), ("9.9.9.9",))
    strangers = [hop for hop in hops if hop != "9.9.9.9"]
    assert found == (strangers[-1] if strangers else "")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["x-request-id", "content-length", "x-forwarded-for", "api-key", "x"]),
            st.text(st.characters(codec="latin-1"), max_size=20),
        )
    )
)
def test_any_headers_can_be_read(headers: list[tuple[str, str]]) -> None:
    head = head_of(*headers, trusted=("192.0.2.1",))
    assert head.request_id.isascii() and head.request_id.isprintable()


# --- keys in queries


def test_a_key_of_a_query_becomes_a_header_and_the_query_goes() -> None:
    scope = {"headers": [(b"a", b"b")], "query_string": b"key=x&alt=sse", "path": "/"}
    made = with_key(scope, ["x"])
    assert made["headers"] == [(b"a", b"b"), (b"x-goog-api-key", b"x")]
    assert (made["query_string"], made["path"]) == (b"", "/")
    assert scope["query_string"] == b"key=x&alt=sse"


def test_without_a_query_the_request_stays_the_same_object() -> None:
    scope = {"headers": [], "query_string": b""}
    assert with_key(scope, []) is scope


@pytest.mark.parametrize(
    ("text", "strict"), [("true", True), ("True ", True), ("1", True), ("false", False), ("", False)]
)
def test_strict_is_what_says_so(text: str, strict: bool) -> None:
    assert head_of(("x-torana-strict", text)).strict is strict
    assert head_of().strict is False


@pytest.mark.parametrize("text", ["maybe", "yes", "true;", "2", "tr ue"])
def test_a_strict_that_makes_no_sense_is_known_by_its_name(text: str) -> None:
    assert head_of(("x-torana-strict", text)).senseless == "x-torana-strict"
    assert head_of(("x-torana-strict", "0")).senseless == head_of().senseless == ""


def test_the_strictest_of_two_holds() -> None:
    assert head_of(("x-torana-strict", "true"), ("x-torana-strict", "false")).strict
