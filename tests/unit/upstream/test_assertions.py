"""Assertions of a service account: signed so that the public key agrees, bound in time, and never shown."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from torana.core.secret import Secret
from torana.testing.clock import FakeClock
from torana.upstream.assertions import GRANT_TYPE, LIFE_S, Assertions, ServiceAccount, service_account

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
ACCOUNT = {
    "type": "service_account", "project_id": "acme-ai", "private_key_id": "k1", "private_key": PEM,
    "client_email": "torana@acme-ai.iam.gserviceaccount.com", "token_uri": "https://login.test/token",
}  # fmt: skip


def account(**changes: object) -> ServiceAccount:
    return service_account(Secret(json.dumps({**ACCOUNT, **changes})))


def part(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def assertion(clock: FakeClock, **changes: object) -> str:
    form = {name: value.reveal() for name, value in Assertions(account(**changes), "scope-a", clock).form()}
    assert form["grant_type"] == GRANT_TYPE
    return form["assertion"]


def test_it_says_who_asks_whom_for_what_and_until_when() -> None:
    clock = FakeClock()
    head, claims, _ = (part(one) for one in assertion(clock).split(".", 2))
    assert json.loads(head) == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    now = int(clock.now())
    assert json.loads(claims) == {
        "iss": ACCOUNT["client_email"], "scope": "scope-a", "aud": "https://login.test/token",
        "iat": now, "exp": now + LIFE_S,
    }  # fmt: skip


def test_the_accounts_public_key_agrees_with_the_signature_and_with_no_other_text() -> None:
    text, _, signature = assertion(FakeClock()).rpartition(".")
    KEY.public_key().verify(part(signature), text.encode(), padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(InvalidSignature):
        KEY.public_key().verify(part(signature), text.encode() + b"x", padding.PKCS1v15(), hashes.SHA256())


def test_each_form_is_of_its_own_moment() -> None:
    clock = FakeClock()
    made = Assertions(account(), "s", clock)
    first = made.form()
    clock.advance(60)
    assert json.loads(part(dict(made.form())["assertion"].reveal().split(".")[1]))["iat"] == int(clock.now())
    assert first != made.form()


def test_nothing_of_a_key_is_printed() -> None:
    assert PEM[40:80] not in repr(account()) + str(account())
    assert "eyJ" not in repr(Assertions(account(), "s", FakeClock()).form())


@pytest.mark.parametrize("text", [
    "", "no json SECRET", "[]", '{"client_email":"SECRET"}', '{"client_email":"a","private_key":""}',
    '{"client_email":"a","private_key":"SECRET","token_uri":"ftp://x"}',
])  # fmt: skip
def test_a_key_file_that_is_none_is_refused_without_its_words(text: str) -> None:
    with pytest.raises(ValueError, match="^service_account: ") as caught:
        service_account(Secret(text))
    assert "SECRET" not in str(caught.value)


def elliptic() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def locked() -> str:
    form = serialization.PrivateFormat.PKCS8
    return KEY.private_bytes(serialization.Encoding.PEM, form, serialization.BestAvailableEncryption(b"p")).decode()


@pytest.mark.parametrize("pem", ["SECRET", elliptic(), locked()], ids=["none", "elliptic", "locked"])
def test_a_key_that_cannot_sign_rs256_is_refused_without_its_words(pem: str) -> None:
    with pytest.raises(ValueError, match="private_key is no RSA key") as caught:
        Assertions(account(private_key=pem), "s", FakeClock())
    assert "SECRET" not in str(caught.value)


def test_without_the_package_that_signs_the_refusal_says_what_to_install() -> None:
    def load(name: str) -> object:
        raise ModuleNotFoundError(name=name)

    with pytest.raises(ValueError, match="cryptography is not installed"):
        Assertions(account(), "s", FakeClock(), load)
