"""The values behind tokens on Valkey, sealed: every gateway that has the same key restores what another replaced.

It makes no tokens. What cannot be asked fails as StoreAway; a value of another key, or one that was moved, is not there.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from torana.core.clock import Clock
from torana.stores.valkey.link import Link, StoreAway
from torana.stores.valkey.seals import Seals, derived

LIFE_S = 24 * 3600.0
MOST_VALUES = 2_000
"""Of one conversation; of too many the oldest go."""
TRIM_ABOVE = MOST_VALUES + MOST_VALUES // 10


class _Kept(NamedTuple):
    until: float
    """Epoch seconds."""
    value: str


class ValkeyVault:
    """Implements ``ports.vault.Vault``. One hash for each conversation, a field for each token."""

    def __init__(self, link: Link, key: bytes, clock: Clock, life_s: float = LIFE_S) -> None:
        """``key``: of the installation, the same on all gateways; what seals is derived from it."""
        self._link = link
        self._clock = clock
        self._life_s = life_s
        self._name_key = derived(key, b"names of conversations")
        self._seals = Seals(key, b"values behind tokens")
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(tuple[float, bytes]).decode

    async def keep(self, conversation: str, values: Mapping[str, str]) -> None:
        """See ``ports.vault``."""
        if not values:
            return
        self._demand_there()
        name = self._name(conversation)
        until = self._clock.now() + self._life_s
        fields = {token: self._seal(name, token, _Kept(until, value)) for token, value in values.items()}
        size = await self._link.put_fields(name, fields, math.ceil(self._life_s * 1000))
        if size > TRIM_ABOVE:
            await self._trim(name)

    async def recall(self, conversation: str) -> Mapping[str, str]:
        """See ``ports.vault``."""
        self._demand_there()
        name = self._name(conversation)
        kept = self._readable(name, await self._link.fields(name))
        return {token: one.value for token, one in kept.items()}

    def _demand_there(self) -> None:
        """While it is away nobody waits for it; the counters' probe finds out when it is back."""
        if self._link.away:
            raise StoreAway("the shared store is away")

    def _readable(self, name: str, fields: Mapping[str, bytes]) -> dict[str, _Kept]:
        """What can be read and has not expired, the newest first, and no more of it than is to be kept."""
        now = self._clock.now()
        opened = ((token, self._opened(name, token, sealed)) for token, sealed in fields.items())
        live = [(token, one) for token, one in opened if one is not None and one.until > now]
        return dict(sorted(live, key=lambda kept: kept[1].until, reverse=True)[:MOST_VALUES])

    async def _trim(self, name: str) -> None:
        fields = await self._link.fields(name)
        kept = self._readable(name, fields)
        await self._link.drop_fields(name, [token for token in fields if token not in kept])

    def _name(self, conversation: str) -> str:
        said = conversation.encode("utf-8", "surrogatepass")
        return f"torana:vault:{hashlib.blake2b(said, digest_size=16, key=self._name_key).hexdigest()}"

    def _seal(self, name: str, token: str, one: _Kept) -> bytes:
        said = self._encode((one.until, one.value.encode("utf-8", "surrogatepass")))
        return self._seals.sealed(f"{name}\0{token}", said)

    def _opened(self, name: str, token: str, sealed: bytes) -> _Kept | None:
        """The value; None for one that was sealed with another key, or for another token."""
        said = self._seals.opened(f"{name}\0{token}", sealed)
        if said is None:
            return None
        until, value = self._decode(said)
        return _Kept(until, value.decode("utf-8", "surrogatepass"))
