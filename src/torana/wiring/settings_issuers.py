"""Relations in ``auth.jwt``: every issuer has keys that fit its algorithm, and leads to a tenant that there is.

A public key must never be taken for a shared secret: which of the two an issuer has is decided here, once, and its
algorithm with it. Called by ``settings.load``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from torana.core.tokens import CONSOLE_ISSUER
from torana.wiring.keyring import weakness
from torana.wiring.own_issuer import OWN_ISSUER
from torana.wiring.problems import Path, Report, did_you_mean
from torana.wiring.settings_checks import exists, is_loopback, once
from torana.wiring.settings_people_checks import DEFAULT_TENANT, tree_of

if TYPE_CHECKING:
    from torana.core.secret import Secret
    from torana.wiring.settings import Settings
    from torana.wiring.settings_people import JwtIssuer

WORDS = ("user", "tenant", "department", "team", "lob", "role", "models", "permissions", "rate_limit")
"""What claims are read for."""
WITH_SECRET = ("HS256", "HS384", "HS512")


def check_issuers(settings: Settings, report: Report) -> None:
    """Report every issuer whose tokens could not be verified, or could be forged."""
    rows = list(enumerate(settings.auth.jwt))
    once(((("auth", "jwt", i, "issuer"), one.issuer) for i, one in rows), "issuer", report)
    tenants = tree_of(settings).teams
    for index, one in rows:
        path: Path = ("auth", "jwt", index)
        if one.issuer == CONSOLE_ISSUER:
            report.error(
                (*path, "issuer"), "is the name of our own console's tokens", "name the issuer as it names itself"
            )
        exists((*path, "tenant"), one.tenant, tenants, "tenant", report)
        exists((*path, "network"), one.network, settings.networks, "network", report)
        for word in one.claims:
            if word not in WORDS:
                report.error(
                    (*path, "claims", word), "is read for nothing", did_you_mean(word, WORDS) or ", ".join(WORDS)
                )
        if report.wrong_at(path) or report.wrong_within((*path, "secret")):
            continue
        _check_keys(path, one, report)


def _check_keys(path: Path, one: JwtIssuer, report: Report) -> None:
    shared = one.algorithm in WITH_SECRET
    if one.issuer == OWN_ISSUER:
        if one.jwks_url:
            report.error((*path, "jwks_url"), "our own tokens are signed with a secret", "remove it")
        if one.algorithm and not shared:
            report.error((*path, "algorithm"), "our own tokens are signed with a secret", ", ".join(WITH_SECRET))
    elif one.secret:
        if one.jwks_url:
            report.error((*path, "jwks_url"), "an issuer has a secret or a jwks_url, not both", "remove one")
        elif one.algorithm and not shared:
            report.error((*path, "algorithm"), f"{one.algorithm} takes no shared secret", ", ".join(WITH_SECRET))
        if reason := weakness(one.secret.reveal()):
            report.error((*path, "secret"), f"is too weak: {reason}", "agree on a longer one with the issuer")
    else:
        if shared:
            report.error(
                (*path, "algorithm"), f"{one.algorithm} needs a secret; published keys are public", "such as RS256"
            )
        _check_url(path, one, report)
        if one.audience is None:
            report.warn(path, "tokens that this issuer made for other applications count here too", "set audience")


def _check_url(path: Path, one: JwtIssuer, report: Report) -> None:
    field = "jwks_url" if one.jwks_url else "issuer"
    url = one.jwks_url or one.issuer
    if report.wrong_within((*path, field)):
        return
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if not host or parts.scheme not in ("http", "https"):
        if field == "issuer":
            report.error(path, "needs secret or jwks_url", "an issuer that is a URL may be asked where its keys are")
        else:
            report.error((*path, field), "is no http or https URL", "such as https://login.example.com/jwks")
    elif parts.username or parts.password:
        report.error((*path, field), "holds a user or password", "leave them out")
    elif parts.scheme == "http" and not is_loopback(host):
        report.warn((*path, field), "keys that come over plain HTTP can be exchanged on the way", "use https")


def tenant_of(one: JwtIssuer, settings: Settings) -> str:
    """The tenant of tokens that name none: the configured one, else the only one there is."""
    named = [tenant for tenant in tree_of(settings).teams if tenant != DEFAULT_TENANT]
    return one.tenant or (named[0] if len(named) == 1 else DEFAULT_TENANT)


def own_jwt_secret(settings: Settings) -> Secret | None:
    """The secret that the file gives for our own tokens."""
    return next((one.secret for one in settings.auth.jwt if one.issuer == OWN_ISSUER and one.secret), None)
