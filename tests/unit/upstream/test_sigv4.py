"""Signatures are those that AWS published, and those that its own library makes."""

from __future__ import annotations

import calendar
import time
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from torana.core.secret import Secret
from torana.upstream.sigv4 import Identity, Signer, canonical_request, segment

ACCESS, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
AT = calendar.timegm((2015, 8, 30, 12, 36, 0))
HOST = "https://example.amazonaws.com"
TOKEN = (
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7"
    "mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d"
    "+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
)
UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
FORM = "application/x-www-form-urlencoded"

# The signatures of the Signature Version 4 test suite that AWS published with its General Reference.
SUITE = {
    "get-header-key-duplicate": ("GET", "/", "My-Header1:value2 My-Header1:value2 My-Header1:value1",
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"),
    "get-header-value-order": ("GET", "/", "My-Header1:value4 My-Header1:value1 My-Header1:value3 My-Header1:value2",
        "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"),
    "get-unreserved": ("GET", f"/{UNRESERVED}", "", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
    "get-utf8": ("GET", "/ሴ", "", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
    "get-vanilla": ("GET", "/", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    "get-vanilla-empty-query-key": ("GET", "/?Param1=value1", "",
        "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"),
    "get-vanilla-query-order-key": ("GET", "/?Param1=value2&Param1=Value1", "",
        "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1"),
    "get-vanilla-query-order-key-case": ("GET", "/?Param2=value2&Param1=value1", "",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    "get-vanilla-query-order-value": ("GET", "/?Param1=value2&Param1=value1", "",
        "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"),
    "get-vanilla-query-unreserved": ("GET", f"/?{UNRESERVED}={UNRESERVED}", "",
        "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"),
    "get-vanilla-utf8-query": ("GET", "/?ሴ=bar", "",
        "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
    "post-header-key-sort": ("POST", "/", "My-Header1:value1",
        "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"),
    "post-header-value-case": ("POST", "/", "My-Header1:VALUE1",
        "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"),
    "post-vanilla": ("POST", "/", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    "post-vanilla-query": ("POST", "/?Param1=value1", "",
        "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"),
    "get-relative": ("GET", "/example/..", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    "get-relative-relative": ("GET", "/example1/example2/../..", "",
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    "get-slash": ("GET", "//", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    "get-slash-dot-slash": ("GET", "/./", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    "get-slash-pointless-dot": ("GET", "/./example", "",
        "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"),
    "get-slashes": ("GET", "//example//", "", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"),
}  # fmt: skip


def signer(token: str = "", region: str = "us-east-1", service: str = "service") -> Signer:
    return Signer(Identity(Secret(ACCESS), Secret(SECRET), Secret(token) if token else None), region, service)


def authorization(added: list[tuple[str, str]]) -> str:
    return dict(added)["authorization"]


@pytest.mark.parametrize("name", SUITE)
def test_the_signature_is_the_published_one(name: str) -> None:
    method, path, given_headers, signature = SUITE[name]
    headers = [tuple(pair.split(":")) for pair in given_headers.split()]
    added = signer().sign(method, HOST + path, headers, b"", AT)  # type: ignore[arg-type]
    names = ";".join(sorted({"host", "x-amz-date", *(name.lower() for name, _ in headers)}))
    assert authorization(added) == (
        f"AWS4-HMAC-SHA256 Credential={ACCESS}/20150830/us-east-1/service/aws4_request, SignedHeaders={names}, "
        f"Signature={signature}"
    )
    assert dict(added)["x-amz-date"] == "20150830T123600Z"


def test_white_space_inside_a_value_is_folded_as_published() -> None:
    headers = [("My-Header1", " value1"), ("My-Header2", ' "a   b   c"')]
    added = signer().sign("GET", HOST, headers, b"", AT)
    assert authorization(added).endswith("=acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736")


def test_a_body_is_signed_as_published() -> None:
    headers = [("content-type", f"{FORM}; charset=utf8")]
    added = signer().sign("POST", HOST, headers, b"Param1=value1", AT)
    assert authorization(added).endswith("=1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe")
    added = signer().sign("POST", HOST, [("content-type", FORM)], b"Param1=value1", AT)
    assert authorization(added).endswith("=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a")


def test_a_session_token_is_sent_and_signed_as_published() -> None:
    added = signer(TOKEN).sign("POST", HOST, [], b"", AT)
    assert dict(added)["x-amz-security-token"] == TOKEN
    assert authorization(added).endswith("=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead")


def test_a_model_name_is_one_segment_and_its_escapes_are_escaped_again() -> None:
    arn = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude"
    url = f"{HOST}/model/{segment(arn)}/converse"
    assert url.endswith("%3Ainference-profile%2Feu.anthropic.claude/converse")
    _, canonical = canonical_request("POST", url, [], b"")
    assert canonical.split("\n")[1].endswith("%253Ainference-profile%252Feu.anthropic.claude/converse")


def test_a_port_that_is_not_the_schemes_own_is_part_of_the_host() -> None:
    assert "\nhost:h:8443\n" in canonical_request("GET", "https://h:8443/", [], b"")[1]
    assert "\nhost:h\n" in canonical_request("GET", "https://h:443/", [], b"")[1]
    assert "\nhost:[::1]:80\n" in canonical_request("GET", "https://[::1]:80/", [], b"")[1]


def test_the_key_of_another_day_is_derived_anew() -> None:
    one = signer()
    first = one.sign("GET", HOST, [], b"", AT)
    one.sign("GET", HOST, [], b"", AT + 86_400)
    assert one.sign("GET", HOST, [], b"", AT) == first
    assert signer().sign("GET", HOST, [], b"", AT + 86_400) == one.sign("GET", HOST, [], b"", AT + 86_400)


def test_nothing_secret_can_be_printed() -> None:
    assert SECRET not in repr(Identity(Secret(ACCESS), Secret(SECRET)))


SEGMENTS = st.text(min_size=1, max_size=20).filter(lambda text: text not in (".", ".."))
VALUES = st.text('abcXYZ019 /=+:;,."-', max_size=30)


@settings(max_examples=60)
@given(
    path=st.lists(SEGMENTS, max_size=4),
    query=st.dictionaries(st.text(min_size=1, max_size=6), st.text(max_size=6), max_size=3),
    headers=st.dictionaries(st.sampled_from(["content-type", "accept", "x-amz-meta", "X-Other"]), VALUES, max_size=4),
    body=st.binary(max_size=40),
    token=st.sampled_from(["", "a/session+token="]),
    now=st.integers(0, 4_000_000_000),
)
def test_aws_own_library_signs_the_same(
    path: list[str], query: dict[str, str], headers: dict[str, str], body: bytes, token: str, now: int
) -> None:
    url = HOST + "/" + "/".join(segment(part) for part in path)
    if query:
        url += "?" + "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query.items())
    added = signer(token, "eu-west-1", "bedrock").sign("POST", url, list(headers.items()), body, now)

    theirs = SigV4Auth(Credentials(ACCESS, SECRET, token or None), "bedrock", "eu-west-1")
    request = AWSRequest("POST", url, headers=headers, data=body)
    request.context["timestamp"] = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    theirs._modify_request_before_signing(request)
    text = theirs.string_to_sign(request, theirs.canonical_request(request))
    theirs._inject_signature_to_request(request, theirs.signature(text, request))
    assert authorization(added) == request.headers["Authorization"]
