"""A name alone says how likely its value is a secret."""

from __future__ import annotations

import pytest

from torana.guardrails.secrets.names import NONE, PASSWORD, STRONG, WEAK, strength


@pytest.mark.parametrize(
    "name", ["password", "DB_PASSWORD", "dbPassword2", "user.pwd", "rootpassword", "MYSQL_PASS", "PASSPHRASE"]
)
def test_names_of_passwords(name: str) -> None:
    assert strength(name) == PASSWORD


@pytest.mark.parametrize(
    "name",
    ["token", "githubToken", "API_KEY", "x-api-key", "apikey", "aws_secret_access_key", "client-secret", "clientSecret", "AccountKey",
     "STRIPE_SECRET_PROD", "encryption_key", "authToken"],
)  # fmt: skip
def test_names_of_secrets(name: str) -> None:
    assert strength(name) == STRONG


@pytest.mark.parametrize("name", ["key", "gitlab_key", "orders_key", "Authorization", "credentials"])
def test_names_that_may_mean_anything_are_weak(name: str) -> None:
    assert strength(name) == WEAK


@pytest.mark.parametrize(
    "name",
    ["public_key", "csrf-token", "primaryKey", "token_count", "key_name", "password_policy", "secretId", "tokenUrl", "keyword", "author",
     "max_tokens_limit", "kms_key_arn", "next_page_token", "api_key_header", "name", "", "42"],
)  # fmt: skip
def test_names_of_what_is_public_or_about_a_secret_are_nothing(name: str) -> None:
    assert strength(name) == NONE


def test_the_key_of_a_known_issuer_is_a_secret() -> None:
    assert strength("gitlab_key", {"gitlab"}) == STRONG
    assert strength("gitlab_key_id", {"gitlab"}) == NONE
