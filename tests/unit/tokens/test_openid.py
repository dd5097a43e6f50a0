"""What is judged of an id token beside its signature, and what a provider's own document decides. The rest: tests/control."""

from __future__ import annotations

from typing import Any

import pytest

from torana.core.errors import GatewayError
from torana.ports.identity import ALGORITHMS, Client, Metadata
from torana.tokens.openid import algorithm_of, at_hash, demand_ours, error_of, same

CLAIMS: dict[str, Any] = {"sub": "ananya", "aud": "torana", "iat": 1}


def provider(*algorithms: str) -> Metadata:
    return Metadata("https://x.test", "https://x.test/a", "https://x.test/t", "https://x.test/k", algorithms=algorithms)


def client(algorithm: str = "") -> Client:
    return Client("https://x.test", "torana", None, algorithm, 30.0, True)


def test_the_hash_of_an_access_token_is_that_of_the_standard() -> None:
    """OpenID Connect Core 1.0, appendix A.3."""
    token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"
    assert at_hash(token, "RS256") == at_hash(token, "ES256") == "77QmUPtjPfzWtF2AnpK9RQ"
    assert len(at_hash(token, "PS384")) == 32
    assert at_hash(token, "EdDSA") == at_hash(token, "RS512")


def test_the_algorithm_is_the_configured_one_or_the_usual_one_of_the_provider() -> None:
    assert algorithm_of(provider("HS256", "ES256", "RS256"), client()) == "RS256"
    assert algorithm_of(provider("none", "ES256"), client()) == "ES256"
    assert algorithm_of(provider("RS256"), client("PS512")) == "PS512"


@pytest.mark.parametrize("algorithms", [(), ("none",), ("HS256", "HS512", "none"), ("rs256",)])
def test_a_provider_that_signs_with_shared_secrets_or_not_at_all_is_of_no_use(algorithms: tuple[str, ...]) -> None:
    with pytest.raises(GatewayError) as refused:
        algorithm_of(provider(*algorithms), client())
    assert refused.value.code == "UPSTREAM_ERROR"
    assert not [one for one in ALGORITHMS if one.startswith("HS") or one == "none"]


@pytest.mark.parametrize(
    "more",
    [
        {"aud": ["torana", "x"]}, {"aud": ["torana", "x"], "azp": "x"}, {"azp": "x"}, {"sub": None}, {"sub": ""}, {"sub": 5},
        {"sub": "x" * 256},
    ],
)  # fmt: skip
def test_a_token_for_others_or_of_nobody_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(GatewayError) as refused:
        demand_ours({**CLAIMS, **more}, "torana")
    assert refused.value.code == "SIGN_IN_FAILED"


def test_a_token_for_us_and_others_by_our_leave_is_good() -> None:
    demand_ours({**CLAIMS, "aud": ["torana", "x"], "azp": "torana"}, "torana")
    demand_ours({**CLAIMS, "aud": ["torana"]}, "torana")


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (b'{"error": "invalid_grant"}', "invalid_grant"),
        (b'{"error": "a secret was sent: 1234"}', "no reason given"),
        (b'{"error": 5}', "no reason given"),
        (b"[]", "no reason given"),
        (b"<html>", "no reason given"),
    ],
)
def test_of_a_refusal_only_a_word_of_the_known_form_is_kept(answer: bytes, word: str) -> None:
    assert error_of(answer) == word


def test_what_is_no_text_is_never_the_same() -> None:
    assert same("a", "a")
    assert not any(same(one, "a") for one in (None, 1, ["a"], "b", "", "é"))
