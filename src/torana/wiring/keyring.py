"""The secrets of one installation: made once, kept in the data folder for its owner only, or given by the environment.

It stores no keys of callers. Two processes that start at once end up with the same secrets. Called by ``build`` and
the CLI.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from torana.core.secret import Secret
from torana.wiring.environment import place_of
from torana.wiring.environment_names import JWT_NAMES
from torana.wiring.problems import ConfigError, Place, Problem

SECRET_BYTES = 32
SHORTEST = 32
"""Characters of a secret given by people: a shorter HS256 secret is weaker than its digest (RFC 7518, 3.2)."""
FEWEST_LETTERS = 8
KNOWN_WEAK = re.compile(
    r".*(change[-_ ]?me|change[-_ ]?in|your[-_ ].*(secret|key)|example|placeholder|super[-_ ]?secret|default[-_ ]secret"
    r"|password|0123456789|abcdefgh|qwerty).*",
    re.IGNORECASE,
)
OWN_NAMES = ("TORANA_KEY_HASH_KEY", "TORANA_AUDIT_KEY", "TORANA_MASTER_KEY")
"""Names of the secrets that nobody may give weakly, not even for development."""
NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class Keyring(NamedTuple):
    """The secrets, and what to warn about."""

    hash_key: bytes
    """Key of the digests that virtual keys are found by."""
    jwt_secret: Secret
    """Signs our own tokens."""
    master_key: Secret | None
    """Wraps stored secrets; only ever given by the environment."""
    audit_key: bytes
    """The seed of the key that signs checkpoints of the audit trail."""
    warnings: tuple[Problem, ...] = ()

    def __repr__(self) -> str:
        return "<Keyring>"


def open_keyring(
    folder: Path, environ: Mapping[str, str], *, dev: bool = False, configured_jwt: Secret | None = None
) -> Keyring:
    """The secrets of the installation whose secrets folder is ``folder``; those that are missing are made now.

    ``configured_jwt``: the file's own ``auth.jwt`` secret, after the environment. Raises ConfigError for a weak secret
    outside ``dev``, a damaged secret file, or a folder that cannot be written.
    """
    warnings: list[Problem] = []
    given_hash = environ.get("TORANA_KEY_HASH_KEY", "").strip()
    if given_hash:
        demand_strong(given_hash, place_of(environ, "TORANA_KEY_HASH_KEY"), "TORANA_KEY_HASH_KEY", None)
        hash_key = given_hash.encode()
    else:
        hash_key = kept(folder, "key_hash_key", warnings)
    name, jwt_text = _given_jwt(environ, configured_jwt)
    if jwt_text:
        demand_strong(jwt_text, place_of(environ, name), name, warnings if dev else None)
        jwt_secret = Secret(jwt_text)
    else:
        jwt_secret = Secret(kept(folder, "jwt_secret", warnings).hex())
    given_audit = environ.get("TORANA_AUDIT_KEY", "").strip()
    if given_audit:
        demand_strong(given_audit, place_of(environ, "TORANA_AUDIT_KEY"), "TORANA_AUDIT_KEY", None)
        audit_key = sha256(given_audit.encode()).digest()
    else:
        audit_key = kept(folder, "audit_key", warnings)
    master = environ.get("TORANA_MASTER_KEY", "").strip()
    if master:
        demand_strong(master, place_of(environ, "TORANA_MASTER_KEY"), "TORANA_MASTER_KEY", None)
    return Keyring(hash_key, jwt_secret, Secret(master) if master else None, audit_key, tuple(warnings))


def _given_jwt(environ: Mapping[str, str], configured: Secret | None) -> tuple[str, str]:
    for name in JWT_NAMES:
        if environ.get(name, "").strip():
            return name, environ[name].strip()
    return "auth.jwt secret", configured.reveal() if configured else ""


def weakness(text: str) -> str:
    """Why a secret is weak; empty when it is not."""
    if KNOWN_WEAK.fullmatch(text):
        return "it is one that stands in examples"
    if len(text) < SHORTEST:
        return f"it has fewer than {SHORTEST} characters"
    if len(set(text)) < FEWEST_LETTERS:
        return "it has hardly any different characters"
    return ""


def weak_ones(environ: Mapping[str, str], configured_jwt: Secret | None, *, dev: bool = False) -> list[Problem]:
    """What a start would say of the secrets that people gave; nothing is made and no file is read."""
    problems: list[Problem] = []
    jwt_name, jwt_text = _given_jwt(environ, configured_jwt)
    given = [(name, environ.get(name, "").strip()) for name in OWN_NAMES]
    for name, text in [*given, (jwt_name, jwt_text)]:
        if text:
            try:
                demand_strong(text, place_of(environ, name), name, problems if dev and name == jwt_name else None)
            except ConfigError as fault:
                problems += fault.problems
    return problems


def demand_strong(text: str, place: Place, name: str, warnings: list[Problem] | None) -> None:
    """Raise ConfigError for a weak secret, or only warn when there is a list for it."""
    reason = weakness(text)
    if not reason:
        return
    advice = "`openssl rand -base64 48` prints a strong one; or leave it out: one is made and kept in data_dir"
    if warnings is None:
        raise ConfigError([Problem(place, "", f"{name} is too weak: {reason}", advice)])
    warnings.append(Problem(place, "", f"{name} is too weak outside --dev: {reason}", advice, "warning"))


def kept(folder: Path, name: str, warnings: list[Problem]) -> bytes:
    """The secret in a file of the folder, made when it is missing."""
    path = folder / name
    try:
        if not path.exists():
            _make(folder, path)
        data = path.read_bytes().strip()
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as fault:
        problem = Problem(
            Place(str(path)), "", f"the secret cannot be kept: {fault.strerror}", "make data_dir writable"
        )
        raise ConfigError([problem]) from None
    if not re.fullmatch(rb"[0-9a-f]{%d}" % (SECRET_BYTES * 2), data):
        advice = "restore it from a backup; a new one would make every stored key unknown"
        raise ConfigError([Problem(Place(str(path)), "", "the secret file is damaged", advice)])
    if mode & 0o077:
        warnings.append(Problem(Place(str(path)), "", "others may read this secret", f"chmod 600 {path}", "warning"))
    return bytes.fromhex(data.decode())


def _make(folder: Path, path: Path) -> None:
    """Write a fresh secret, whole or not at all; when another process was first, its secret stands."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    draft = folder / f".{path.name}.{secrets.token_hex(8)}"
    _write(draft)
    try:
        os.link(draft, path)  # fails when the name is taken: the only step that two processes race for
    except FileExistsError:
        pass
    except OSError as fault:
        if fault.errno not in NO_LINKS:
            raise
        if not path.exists():  # a file system without links: the last of two writers wins, and both read it again
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _flush_folder(folder)


def _write(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(SECRET_BYTES).hex().encode())
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
