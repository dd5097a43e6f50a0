"""Seals secrets that are kept in the database: AES-256-GCM under a key of the installation, bound to where they stand.

It keeps no secret itself. The key comes from ``TORANA_MASTER_KEY``, else from a file that is made in the data folder. Built
by ``serve`` and the CLI.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Callable, Mapping
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from torana.core.secret import Secret
from torana.wiring.environment import place_of
from torana.wiring.keyring import demand_strong, kept
from torana.wiring.problems import Problem

MASTER = "TORANA_MASTER_KEY"
FILE_NAME = "master_key"
BEGIN = "sealed:v1:"
NONCE_BYTES = 12
"""As NIST SP 800-38D recommends for GCM."""
PURPOSE = b"torana sealed secrets v1"
MARK_BYTES = 4


class Unsealable(Exception):
    """What was sealed cannot be opened; the text says why, never what."""


class _Keys(NamedTuple):
    seal: AESGCM
    mark: bytes
    key_id: str


class Sealer:
    """Seals and opens. The key is asked for when it is first needed."""

    def __init__(self, master: Callable[[], bytes]) -> None:
        self._master = master

    def seal(self, text: str, about: str) -> str:
        """The secret sealed; it opens only with the same ``about``: where it stands."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        keys = self._keys
        inside = base64.b64encode(nonce + keys.seal.encrypt(nonce, text.encode(), about.encode())).decode()
        return f"{BEGIN}{keys.key_id}:{self.mark(text)}:{inside}"

    def open(self, sealed: str, about: str) -> str:
        """The secret. Raises Unsealable: sealed with another key, elsewhere, or damaged."""
        keys = self._keys
        key_id, _, rest = sealed.removeprefix(BEGIN).partition(":")
        if key_id != keys.key_id:
            raise Unsealable(f"it was sealed with another {MASTER}: give the same one to every process")
        try:
            data = base64.b64decode(rest.partition(":")[2], validate=True)
            return keys.seal.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], about.encode()).decode()
        except (InvalidTag, binascii.Error, ValueError) as fault:
            raise Unsealable("it is damaged, or was sealed for another place: write the secret again") from fault

    def mark(self, text: str) -> str:
        """A keyed fingerprint: the same secret has the same one, and it tells nothing of it."""
        return hmac.new(self._keys.mark, text.encode(), sha256).digest()[:MARK_BYTES].hex()

    @cached_property
    def _keys(self) -> _Keys:
        made = HKDF(algorithm=SHA256(), length=64, salt=None, info=PURPOSE).derive(self._master())
        return _Keys(AESGCM(made[:32]), made[32:], sha256(PURPOSE + made).hexdigest()[:8])


def mark_of(sealed: str) -> str:
    """The fingerprint in a sealed text."""
    return sealed.removeprefix(BEGIN).split(":")[1]


def is_sealed(text: str) -> bool:
    """Whether a text is a sealed secret."""
    return text.startswith(BEGIN) and text.count(":") == 4


def sealer_of(folder: Path, environ: Mapping[str, str], warn: Callable[[Problem], object] = lambda one: None) -> Sealer:
    """The sealer of the installation whose secrets folder is ``folder``.

    The file is made when the first secret is sealed and there is no ``TORANA_MASTER_KEY``; ``warn`` is told.
    """

    def master() -> bytes:
        given = environ.get(MASTER, "").strip()
        if given:
            demand_strong(given, place_of(environ, MASTER), MASTER, None)
            return given.encode()
        warnings: list[Problem] = []
        found = kept(folder, FILE_NAME, warnings)
        place = place_of(environ, MASTER)
        said = f"stored secrets are sealed with {folder / FILE_NAME}: whoever copies the data folder has both"
        warnings.append(Problem(place, "", said, f"set {MASTER}, then `torana secrets reencrypt`", "warning"))
        for one in warnings:
            warn(one)
        return found

    return Sealer(master)


def sealer_with(master: Secret) -> Sealer:
    """A sealer with a key that is known."""
    return Sealer(lambda: master.reveal().encode())
