"""Which tokens count: the issuer's algorithm, key, audience and times decide, and nothing that the token says of itself."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import issuing
from tests.issuing import ISSUER, NOW, PUBLIC, SECRET, SHARED, claims, key_set, published, signer, spelled, token
from torana.core.errors import GatewayError
from torana.core.tokens import LONGEST_TOKEN, Token
from torana.testing.clock import FakeClock
from torana.tokens.key_sets import KeySet, read_key_set
from torana.tokens.key_source import FixedKeys
from torana.tokens.signatures import VerifyKey, shared_key
from torana.tokens.verifier import MOST_REMEMBERED, Issuer, Verifier


class Published:
    """Keys that a test exchanges by hand."""

    def __init__(self, keys: KeySet) -> None:
        self.set = keys
        self.changes = 1
        self.asked = 0

    async def keys(self, kid: str) -> Sequence[VerifyKey]:
        self.asked += 1
        return self.set.fitting(kid)

    def exchange(self, keys: KeySet) -> None:
        self.set = keys
        self.changes += 1


def source_of(algorithm: str) -> Published:
    return Published(read_key_set(key_set(published(algorithm)), algorithm))


def verifier_of(algorithm: str = "RS256", **facts: object) -> tuple[Verifier, FakeClock]:
    clock = FakeClock(NOW)
    source = FixedKeys(shared_key(SECRET, algorithm)) if algorithm in SHARED else source_of(algorithm)
    issuer = Issuer(ISSUER, algorithm, source, **{"audience": "torana", "skew_s": 30.0, **facts})  # type: ignore[arg-type]
    return Verifier([issuer], clock), clock


async def verified(text: str, algorithm: str = "RS256") -> Token:
    return await verifier_of(algorithm)[0].verify(b"d", text)


async def refused(text: str, verifier: Verifier | None = None) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        await (verifier or verifier_of()[0]).verify(text.encode()[:64], text)
    for part in text.split("."):
        assert len(part) < 8 or part not in caught.value.message
    return caught.value


@pytest.mark.parametrize("algorithm", [*SHARED, *PUBLIC])
async def test_a_token_of_each_algorithm_counts(algorithm: str) -> None:
    found = await verified(token(algorithm, claims(jti="t1")), algorithm)
    assert found[:5] == (ISSUER, "ananya", "t1", NOW, NOW + 630)
    assert found.claims["aud"] == "torana"


@pytest.mark.parametrize("algorithm", [*SHARED, *PUBLIC])
@pytest.mark.parametrize("wanted", [*SHARED, *PUBLIC])
async def test_no_algorithm_but_the_configured_one_counts(algorithm: str, wanted: str) -> None:
    if algorithm == wanted:
        return
    verifier, _ = verifier_of(wanted)
    assert (await refused(token(algorithm), verifier)).code == "TOKEN_INVALID"
    # The header says what is configured, the signature was made with the other.
    assert (await refused(token(algorithm, alg=wanted), verifier)).code == "TOKEN_INVALID"


@pytest.mark.parametrize("name", ["none", "None", "NONE", "", "hs256", "RS256 ", "nOnE"])
async def test_unsigned_tokens_do_not_count_however_it_is_spelled(name: str) -> None:
    head, body = spelled(json.dumps({"alg": name}).encode()), spelled(json.dumps(claims()).encode())
    for text in (f"{head}.{body}.", f"{head}.{body}.{spelled(b'x')}"):
        assert (await refused(text)).code == "TOKEN_INVALID"


async def test_a_public_key_is_no_shared_secret() -> None:
    """The oldest trick: HS256 with the published key as its secret, in each spelling of that key."""
    key = signer("RS256")
    for secret in (key.as_pem(private=False), json.dumps(published("RS256")).encode(), published("RS256")["n"]):
        raw = secret if isinstance(secret, bytes) else str(secret).encode()
        head = spelled(b'{"alg":"HS256","kid":"k1","typ":"JWT"}')
        message = f"{head}.{spelled(json.dumps(claims()).encode())}"
        forged = f"{message}.{spelled(hmac.digest(raw, message.encode(), 'sha256'))}"
        assert (await refused(forged)).code == "TOKEN_INVALID"


@pytest.mark.parametrize(
    "more",
    [
        {"crit": ["exp"]},
        {"crit": []},
        {"crit": None},
        {"b64": False},
        {"kid": "k2"},
        {"kid": 7},
        {"kid": "../../dev/null"},
        {"typ": "logout+jwt"},
        {"typ": "dpop+jwt"},
        {"typ": 1},
        {"alg": None},
        {"alg": ["RS256"]},
    ],
)
async def test_a_header_that_demands_or_hides_something_is_refused(more: dict[str, object]) -> None:
    head = {"alg": "RS256", "kid": "k1", "typ": "JWT", **more}
    text = issuing.signed(head, json.dumps(claims()).encode(), "RS256", signer("RS256"))
    assert (await refused(text)).code == "TOKEN_INVALID"


@pytest.mark.parametrize("more", [{}, {"typ": None}, {"typ": "at+jwt"}, {"typ": "application/at+JWT"}, {"kid": None}])
async def test_a_header_may_say_less(more: dict[str, object]) -> None:
    assert (await verified(token("RS256", **more))).subject == "ananya"


async def test_keys_that_the_token_brings_along_are_not_looked_at() -> None:
    stranger = published("RS256", number=1)
    for more in ({"jwk": stranger}, {"jku": "https://evil.test/jwks"}, {"x5u": "https://evil.test/x"}, {"x5c": ["AA"]}):
        assert (await refused(token("RS256", number=1, **more))).code == "TOKEN_INVALID"
        assert (await verified(token("RS256", **more))).subject == "ananya"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"exp": None}, "TOKEN_INVALID"),
        ({"exp": NOW - 30}, "TOKEN_EXPIRED"),
        ({"exp": NOW - 1e6}, "TOKEN_EXPIRED"),
        ({"exp": True}, "TOKEN_INVALID"),
        ({"exp": "1900000000"}, "TOKEN_INVALID"),
        ({"exp": -1}, "TOKEN_INVALID"),
        ({"exp": 10**400}, "TOKEN_INVALID"),
        ({"exp": 1e300}, "TOKEN_INVALID"),
        ({"nbf": NOW + 31}, "TOKEN_INVALID"),
        ({"nbf": [1]}, "TOKEN_INVALID"),
        ({"iat": NOW + 31}, "TOKEN_INVALID"),
        ({"aud": None}, "TOKEN_INVALID"),
        ({"aud": "another"}, "TOKEN_INVALID"),
        ({"aud": ["another", "torana2"]}, "TOKEN_INVALID"),
        ({"aud": {"torana": 1}}, "TOKEN_INVALID"),
        ({"iss": None}, "TOKEN_INVALID"),
        ({"iss": "https://login.test"}, "TOKEN_INVALID"),
        ({"iss": [ISSUER]}, "TOKEN_INVALID"),
        ({"sub": 5}, "TOKEN_INVALID"),
        ({"jti": 5}, "TOKEN_INVALID"),
    ],
)
async def test_a_claim_that_does_not_hold_is_refused(more: dict[str, object], code: str) -> None:
    assert (await refused(token("HS256", claims(**more)), verifier_of("HS256")[0])).code == code


@pytest.mark.parametrize(
    "more",
    [
        {"exp": NOW - 29},
        {"nbf": NOW + 30, "iat": NOW + 30},
        {"iat": None},
        {"aud": ["x", "torana"]},
        {"exp": NOW + 0.5},
    ],
)
async def test_clocks_may_differ_by_the_skew_and_what_need_not_be_there_may_be_missing(more: dict[str, object]) -> None:
    assert (await verified(token("HS256", claims(**more)), "HS256")).subject == "ananya"


async def test_without_an_audience_in_the_configuration_any_counts() -> None:
    verifier, _ = verifier_of("HS256", audience=None)
    assert (await verifier.verify(b"d", token("HS256", claims(aud=None)))).subject == "ananya"


@pytest.mark.parametrize(
    "text",
    [
        "a.b.c",
        "..",
        "e30.e30.",
        "bnVsbA.bnVsbA.AA",
        "W10.W10.AA",
        spelled(b'{"alg":"RS256"}') + "." + spelled(b"[" * 3000) + ".AA",
        spelled(b'{"alg":"RS256"}') + "." + spelled(b'{"iss":"\xff"}') + ".AA",
        "é.b.c",
        "x" * (LONGEST_TOKEN + 1),
    ],
)
async def test_what_is_no_token_is_refused(text: str) -> None:
    assert (await refused(text)).code == "TOKEN_INVALID"


GOOD = {algorithm: token(algorithm, claims(jti="t")) for algorithm in ("HS256", "RS256", "ES256", "EdDSA")}
LETTERS = st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/.é ")


def mutants(text: str) -> st.SearchStrategy[str]:
    places = st.integers(0, len(text) - 1)
    exchanged = st.builds(lambda at, letter: text[:at] + letter + text[at + 1 :], places, LETTERS)
    inserted = st.builds(lambda at, letter: text[:at] + letter + text[at:], places, LETTERS)
    cut = st.builds(lambda at: text[:at] + text[at + 1 :], places)
    head, body, signature = text.split(".")
    parts = st.permutations([head, body, signature]).map(".".join)
    others = st.sampled_from(
        [f"{head}.{body}.{other.split('.')[2]}" for other in GOOD.values()]
        + [f"{other.split('.')[0]}.{body}.{signature}" for other in GOOD.values()]
        + [f"{head}.{other.split('.')[1]}.{signature}" for other in GOOD.values()]
        + [
            f"{head}.{body}.{signature}.",
            f"{head}.{body}",
            f"{head}.{body}.{signature}=",
            f" {head}.{body}.{signature}",
        ]
    )
    return st.one_of(exchanged, inserted, cut, parts, others)


@pytest.mark.parametrize("algorithm", list(GOOD))
@given(data=st.data())
def test_a_token_that_was_changed_anywhere_never_counts(algorithm: str, data: st.DataObject) -> None:
    mutant = data.draw(mutants(GOOD[algorithm]))
    if mutant != GOOD[algorithm]:
        error = asyncio.run(refused(mutant, verifier_of(algorithm)[0]))
        assert error.code == "TOKEN_INVALID"


@pytest.mark.parametrize("algorithm", list(GOOD))
def test_every_bit_of_a_signed_token_counts(algorithm: str) -> None:
    """Each letter replaced by its neighbours in base64, the last one too, whose spare bits decoders like to overlook."""
    text = GOOD[algorithm]
    verifier, _ = verifier_of(algorithm)
    table = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    async def all_refused() -> None:
        for at, letter in enumerate(text):
            if letter == ".":
                continue
            for bit in (1, 2, 32):
                await refused(text[:at] + table[table.index(letter) ^ bit] + text[at + 1 :], verifier)

    asyncio.run(all_refused())


@given(st.binary(max_size=60), st.binary(max_size=200), st.binary(max_size=80))
def test_rubbish_is_refused_and_nothing_else_happens(head: bytes, body: bytes, signature: bytes) -> None:
    text = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (head, body, signature))
    assert asyncio.run(refused(text)).code == "TOKEN_INVALID"


async def test_a_token_is_verified_once() -> None:
    verifier, _ = verifier_of()
    source = verifier.issuers[ISSUER].source
    assert isinstance(source, Published)
    first = await verifier.verify(b"d", token())
    assert await verifier.verify(b"d", token()) is first
    assert source.asked == 1


async def test_a_remembered_token_expires_all_the_same() -> None:
    verifier, clock = verifier_of()
    await verifier.verify(b"d", token())
    clock.advance(629)
    await verifier.verify(b"d", token())
    clock.advance(1)
    assert (await refused_digest(verifier, token())).code == "TOKEN_EXPIRED"


async def refused_digest(verifier: Verifier, text: str) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        await verifier.verify(b"d", text)
    return caught.value


async def test_a_remembered_token_is_verified_again_when_its_issuers_keys_changed() -> None:
    verifier, _ = verifier_of()
    source = verifier.issuers[ISSUER].source
    assert isinstance(source, Published)
    await verifier.verify(b"d", token())
    epoch = verifier.epoch
    source.exchange(read_key_set(key_set(published("RS256", "k2", 1)), "RS256"))
    assert verifier.epoch > epoch
    assert (await refused_digest(verifier, token())).code == "TOKEN_INVALID"
    assert (await verifier.verify(b"e", token(number=1, kid="k2"))).subject == "ananya"


async def test_no_more_tokens_are_remembered_than_the_bound() -> None:
    verifier, _ = verifier_of("HS256")
    text = token("HS256")
    for number in range(MOST_REMEMBERED + 10):
        await verifier.verify(number.to_bytes(4, "big"), text)
    assert len(verifier._verified) == MOST_REMEMBERED
