from __future__ import annotations

import pytest

from torana.guardrails.pii.structured import KINDS, Structured

ALL = Structured(KINDS, 0.5)


def kinds(text: str) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in ALL.check(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mail a.b+c@mail.example.co.in.", ("email", "a.b+c@mail.example.co.in")), ("mailto:a@xn--80ak6aa92e.com", ("email", "a@xn--80ak6aa92e.com")),
        ("<'o.neil@example.org'>", ("email", "o.neil@example.org")), ("भेजें आशा@उदाहरण.भारत", ("email", "आशा@उदाहरण.भारत")),
        ("https://x.example/a?mail=a.b%40example.org&c=1", ("email", "a.b%40example.org")), ("upi://pay?pa=kirana7%40okaxis", ("upi", "kirana7%40okaxis")),
        ("kirana7@okaxis", ("upi", "kirana7@okaxis")), ("send to asha.r@newbank", ("upi", "asha.r@newbank")),
        ("net 10.1.2.0/24.", ("ip", "10.1.2.0/24")), ("10.0.0.0/123", ("ip", "10.0.0.0")), ("[2001:db8::1]:80", ("ip", "2001:db8::1")),
        ("fe80::1%eth0", ("ip", "fe80::1%eth0")), ("::ffff:10.0.0.1", ("ip", "::ffff:10.0.0.1")),
        ("00-1b-44-11-3a-b7", ("mac", "00-1b-44-11-3a-b7")), ("001b.4411.3ab7", ("mac", "001b.4411.3ab7")),
    ],
)  # fmt: skip
def test_addresses_are_found_whole(text: str, found: tuple[str, str]) -> None:
    assert kinds(text) == [found]


@pytest.mark.parametrize(
    "text",
    [
        "icon@2x.png", "left-pad@1.3.0", "@mention", "ssh root@server", "npm i react@latest", "git@host.example:a/b", "std::vector", "12:34:56",
        "css?q=%40media", "50%40 off", "npm/left-pad%401.3.0", "icon%402x.png",
        "v1.2.3.4", "256.1.1.1", "1.2.3", "x :: Int -> Int", "a:b:c", "fe80::1text", "aa:bb:cc:dd",
    ],
)  # fmt: skip
def test_look_alikes_pass(text: str) -> None:
    assert kinds(text) == []
