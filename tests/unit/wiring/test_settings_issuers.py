"""``auth.jwt``: an issuer has a secret or published keys, and an algorithm that fits; its tokens lead somewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.issuing import SECRET
from tests.unit.wiring.offer import OFFER, read, written
from torana.wiring.environment import Environ
from torana.wiring.options import Overrides
from torana.wiring.problems import ConfigError
from torana.wiring.settings import Mode, Settings, load
from torana.wiring.settings_issuers import tenant_of

TREE = "tenants: [{id: acme, teams: [red]}]\n"
URL = "https://login.test/"


def with_row(tmp_path: Path, row: str) -> tuple[Settings, list[str]]:
    loaded = read(written(tmp_path, f"{TREE}auth: {{jwt: [{row}]}}"))
    return loaded.settings, [str(one) for one in loaded.warnings]


@pytest.mark.parametrize(
    "row",
    [
        "{issuer: torana}",
        "{issuer: torana, algorithm: HS512}",
        f'{{issuer: x, secret: "{SECRET}"}}',
        f'{{issuer: "{URL}", audience: a}}',
        f'{{issuer: x, jwks_url: "{URL}jwks", audience: a, algorithm: EdDSA, claims: {{user: email}}, tenant: acme}}',
        '{issuer: x, jwks_url: "http://127.0.0.1:9/jwks", audience: a}',
    ],
)
def test_what_can_be_verified_is_taken_without_a_word(tmp_path: Path, row: str) -> None:
    settings, warnings = with_row(tmp_path, row)
    assert len(settings.auth.jwt) == 1
    assert warnings == []


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("{issuer: x}", "needs secret or jwks_url"),
        (f'{{issuer: x, secret: "{SECRET}", jwks_url: "{URL}"}}', "not both"),
        (f'{{issuer: x, secret: "{SECRET}", algorithm: RS256}}', "takes no shared secret"),
        (f'{{issuer: x, jwks_url: "{URL}", algorithm: HS256}}', "published keys are public"),
        (f'{{issuer: "{URL}", algorithm: HS512}}', "published keys are public"),
        ('{issuer: x, secret: "short"}', "too weak"),
        (f'{{issuer: x, secret: "{"a" * 40}"}}', "too weak"),
        (f'{{issuer: torana, jwks_url: "{URL}"}}', "signed with a secret"),
        ("{issuer: torana, algorithm: ES256}", "signed with a secret"),
        ("{issuer: x, jwks_url: ftp://h/x}", "is no http or https URL"),
        ('{issuer: x, jwks_url: "https://u:p@h/x"}', "user or password"),
        ('{issuer: x, jwks_url: "https://[/x"}', "is no http or https URL"),
        (f'{{issuer: "{URL}", claims: {{usr: sub}}}}', "read for nothing.*user"),
        (f'{{issuer: "{URL}", tenant: acne}}', 'tenant "acne" does not exist.*acme'),
        (f'{{issuer: "{URL}", network: n}}', 'network "n" does not exist'),
        (f'{{issuer: "{URL}", models: [nope]}}', 'model "nope" does not exist'),
        (f'{{issuer: "{URL}", clock_skew_s: 3600}}', "clock_skew_s"),
        (f'{{issuer: "{URL}", audience: a}}, {{issuer: "{URL}", audience: b}}', "is there twice"),
        (f'{{issuer: "{URL}", algorithm: none}}', "algorithm"),
    ],
)
def test_what_could_be_forged_or_leads_nowhere_is_refused(tmp_path: Path, row: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as refused:
        with_row(tmp_path, row)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (f'{{issuer: "{URL}"}}', "other applications"),
        ('{issuer: x, audience: a, jwks_url: "http://h/x"}', "plain HTTP"),
    ],
)
def test_what_is_risky_is_said(tmp_path: Path, row: str, why: str) -> None:
    _, (warning,) = with_row(tmp_path, row)
    assert why in warning


def test_our_own_tokens_count_with_dev_or_a_secret_of_the_environment_and_not_without() -> None:
    assert read().settings.auth.jwt == ()
    dev = load(None, Environ(), Overrides(), OFFER, Mode(dev=True))
    assert [one.issuer for one in dev.settings.auth.jwt] == ["torana"]
    for name in ("JWT_SECRET_KEY", "JWT_SECRET", "SESSION_SECRET"):
        assert [one.issuer for one in read(environ={name: SECRET}).settings.auth.jwt] == ["torana"]


@pytest.mark.parametrize(
    ("tenants", "found"),
    [("", "default"), ("tenants: [{id: acme}]", "acme"), ("tenants: [{id: acme}, {id: globex}]", "default")],
)
def test_a_token_that_names_no_tenant_belongs_to_the_only_one(tmp_path: Path, tenants: str, found: str) -> None:
    settings = read(written(tmp_path, f"{tenants}\nauth: {{jwt: [{{issuer: torana}}]}}")).settings
    assert tenant_of(settings.auth.jwt[0], settings) == found
