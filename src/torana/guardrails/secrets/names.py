"""Decides from a name alone (of a variable, a field, a header) how likely its value is a secret.

It does not look at the value. Called by ``contexts``.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import pairwise

NONE = 0
WEAK = 1
STRONG = 2
PASSWORD = 3

WORDS = (
    r"pass(?:word|wd|wort|phrase|code|key)?|pwd|passwd|secrets?|token|api[_ .-]?key|access[_ .-]?key|account[_ .-]?key|shared[_ .-]?key"
    r"|private[_ .-]?key|secret[_ .-]?key|signing[_ .-]?key|encryption[_ .-]?key|master[_ .-]?key|license[_ .-]?key|auth|cred(?:ential)?s?|key"
)
"""Words that make a name worth a look; one group, RE2 and Python alike, to be read without regard to case."""

_PIECES = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PASSWORDS = frozenset({"password", "passwd", "passwort", "passphrase", "passcode", "pwd", "pass", "pw"})
_STRONG = frozenset({"secret", "secrets", "token", "apikey", "accesskey", "accountkey", "authtoken", "clientsecret", "secretkey", "privatekey",
                     "accesstoken", "apitoken", "jwt", "bearer", "authkey", "sharedaccesskey", "sharedkey", "psk", "srt"})  # fmt: skip
_WEAK = frozenset({"key", "auth", "cred", "creds", "credential", "credentials", "authorization"})
_BEFORE_KEY = frozenset({"api", "access", "account", "shared", "private", "secret", "signing", "encryption", "master",
                         "auth", "license", "app", "service", "client", "admin", "webhook", "deploy", "storage", "ssh", "jwt",
                         "application", "consumer", "subscription", "write", "live", "hmac"})  # fmt: skip
_PUBLIC = frozenset({"public", "pub", "csrf", "xsrf", "crumb", "nonce", "publishable", "primary", "foreign", "partition", "sort", "keyword",
                     "keywords", "cache", "idempotency", "captcha", "sitekey", "schema", "sequence", "bucket", "bazel", "not", "example",
                     "hotkey", "shortcut", "next", "page", "pagination", "continuation", "cancellation", "special", "pad", "eos", "bos",
                     "unk", "mask", "fake", "dedup", "fingerprint", "kms", "version", "author", "authors"})  # fmt: skip
_ABOUT = frozenset({"id", "ids", "name", "names", "url", "uri", "urls", "file", "files", "path", "dir", "size", "length", "len", "type", "types",
                    "version", "count", "counts", "limit", "limits", "expiry", "expires", "expiration", "ttl", "time", "date", "format", "field", "label",
                    "hint", "policy", "required", "enabled", "disabled", "pattern", "prefix", "suffix", "header", "headers", "source", "ref", "arn",
                    "group", "manager", "page", "endpoint", "issuer", "status", "usage", "max", "min", "budget", "index", "location",
                    "place", "algorithm", "alg", "strategy", "method", "mode", "provider", "class", "column", "env", "var", "variable", "store", "vault",
                    "str", "chars", "charset", "code", "error", "message", "description", "title", "tag", "set", "map", "list", "array", "frame",
                    "distance", "results", "result", "pair", "usages", "rotation", "age", "host", "port", "server", "region", "user", "username", "email"})  # fmt: skip


def strength(name: str, issuers: Collection[str] = ()) -> int:
    """``NONE``, ``WEAK``, ``STRONG`` or ``PASSWORD``, by the words of the name.

    ``issuers``: whose keys are secrets, in lower case: behind them ``key`` is as strong as ``api_key``.
    """
    pieces = [piece.lower() for piece in _PIECES.findall(name)]
    while pieces and (
        pieces[-1].isdigit()
        or pieces[-1] in {"value", "val", "prod", "dev", "test", "live", "base", "text", "default", "string"}
    ):
        pieces.pop()
    if not pieces or pieces[-1] in _ABOUT or _PUBLIC & set(pieces):
        return NONE
    return max(map(_of, [*pieces, *map("".join, pairwise(pieces)), *_keys(pieces, issuers)]), default=NONE)


def _of(piece: str) -> int:
    if piece in _PASSWORDS or piece.endswith(("password", "passwd", "passphrase")):
        return PASSWORD
    if piece in _STRONG or piece.endswith(("secret", "token", "apikey", "accesskey", "secretkey", "clientsecret")):
        return STRONG
    return WEAK if piece in _WEAK or piece.endswith("key") else NONE


def _keys(pieces: list[str], issuers: Collection[str]) -> list[str]:
    """``apikey`` once where ``key`` stands behind a word that makes it one."""
    return (
        ["apikey"]
        if any(two == "key" and (one in _BEFORE_KEY or one in issuers) for one, two in pairwise(pieces))
        else []
    )
