"""Links are found whatever they are dressed as, and their host is the one that a browser would go to."""

from __future__ import annotations

import msgspec
import pytest

from torana.guardrails import urls
from torana.guardrails.urls import Settings, links


def hosts(text: str) -> list[str]:
    return [one.host for one in links(text)]


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://evil.example/a?b#c", "evil.example"),
        ("HTTPS://EVIL.Example.", "evil.example"),
        ("http:evil.example", "evil.example"),
        ("http:/evil.example/x", "evil.example"),
        ("https:\\\\evil.example\\x", "evil.example"),
        ("https:\\/\\/evil.example\\/x", "evil.example"),
        ("//evil.example/x", "evil.example"),
        ("ftp://evil.example", "evil.example"),
        ("custom+x://evil.example", "evil.example"),
        ("https://good.example@evil.example/", "evil.example"),
        ("https://good.example:pw@evil.example:8443/", "evil.example"),
        ("https://evil.example/@good.example", "evil.example"),
        ("https://evil.example\\@good.example", "evil.example"),
        ("https://evil.example?@good.example", "evil.example"),
        ("https://%65vil.example/", "evil.example"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
        ("http://2130706433/", "127.0.0.1"),
        ("http://0x7f000001/", "127.0.0.1"),
        ("http://[::1]:80/", "::1"),
        ("[a](https://evil.example/x)", "evil.example"),
        ("![](<https://evil.example/x>)", "evil.example"),
        ("evil.com", "evil.com"),
        ("www.evil.co.uk/path.", "www.evil.co.uk"),
        ("xn--bcher-kva.xn--p1ai", "xn--bcher-kva.xn--p1ai"),
    ],
)
def test_the_host_is_where_a_browser_goes(text: str, host: str) -> None:
    assert hosts(f"see {text} now") == [host]


@pytest.mark.parametrize(
    "text",
    [
        "main.py",
        "e.g. this",
        "1.2.3",
        "someone@evil.com",
        "a // comment",
        "and/or",
        "obj.method()",
        "C:\\dir",
        "12:30",
        "data is: x",
    ],
)
def test_what_is_no_link_is_not_one(text: str) -> None:
    assert hosts(text) == []


def test_a_link_ends_before_the_punctuation_of_its_sentence() -> None:
    text = "See (https://a.example/b_(c)), or https://a.example/d."
    assert [text[one.start : one.end] for one in links(text)] == ["https://a.example/b_(c)", "https://a.example/d"]


def test_links_that_run_scripts_have_no_host() -> None:
    assert hosts("javascript:alert(1) data:text/html;base64,AAAA") == ["", ""]
    assert hosts("data:image/png;base64,AAAA") == []


def kinds(text: str, **lists: tuple[str, ...]) -> list[str]:
    return [one.kind for one in urls.open(Settings(**lists)).check(text)]  # type: ignore[arg-type]


def test_without_lists_every_link_is_found() -> None:
    assert kinds("https://a.example b.com") == ["url", "url"]


def test_an_allowed_host_stands_for_those_under_it_and_for_no_look_alike() -> None:
    text = "https://a.example https://x.a.example https://xa.example https://a.example.evil.com"
    assert kinds(text, allow=("a.example",)) == ["url_not_allowed", "url_not_allowed"]


def test_a_denied_host_is_found_though_a_wider_one_is_allowed() -> None:
    assert kinds("https://bad.a.example https://a.example", allow=("a.example",), deny=("bad.a.example",)) == [
        "url_denied"
    ]


def test_with_denied_hosts_alone_all_others_pass() -> None:
    assert kinds("https://a.example https://x.bad.example", deny=("*.bad.example",)) == ["url_denied"]


def test_lists_may_be_written_in_any_alphabet_and_case() -> None:
    assert kinds("https://xn--bcher-kva.example", deny=("BÜCHER.example",)) == ["url_denied"]


@pytest.mark.parametrize("host", ["https://a.example", "a.example/x", "user@a.example", "a b", ""])
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"allow": [host]}, Settings)
