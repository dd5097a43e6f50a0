"""What a provider's Settings say of its address and credentials, made ready for requests: one place for every plug-in.

It sends nothing and knows no vendor: how a credential is dressed for a request is given. Used by ``providers``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, Protocol, TypeVar

from torana.core.secret import Secret
from torana.upstream.reach import Credential, Rotation

T = TypeVar("T")
Headers = tuple[tuple[str, str], ...]

MARK_LENGTH = 16
COMMON: Headers = (("content-type", "application/json"), ("user-agent", "torana"))
"""What every request says, whoever it goes to."""


class Keyed(Protocol):
    """Settings that hold a pool of keys."""

    @property
    def api_key(self) -> Secret | None: ...

    @property
    def credentials(self) -> Sequence[Credential]: ...

    @property
    def needs_key(self) -> bool: ...


class Pooled:
    """A provider with credentials in turn, for those who look after them."""

    __slots__ = ()
    _rotation: Rotation[Any]

    @property
    def parked(self) -> int:
        """How many of its credentials are parked."""
        return self._rotation.parked


def address(value: str, name: str = "base_url") -> str:
    """The address without a slash at its end. Raises ValueError, which names the setting, for what is none."""
    base = value.rstrip("/")
    if not base.startswith(("http://", "https://")) or "?" in base or "#" in base:
        raise ValueError(f"{name}: expected an http or https address without query")
    return base


def keyed(header: str, prefix: str = "") -> Callable[[Secret | None], Headers]:
    """Dresses a key as this header, beside what every request says; no key: no such header."""

    def dressed(key: Secret | None) -> Headers:
        return (*COMMON, (header, prefix + key.reveal())) if key is not None else COMMON

    return dressed


def pooled(settings: Keyed, dress: Callable[[Secret | None], T]) -> Rotation[T]:
    """The keys of the Settings in turn, each as ``dress`` makes it. Raises ValueError when one is needed and none is there.

    ``api_key`` is the last of the pool. Keys that are empty here (an unset name of the environment) do not take part.
    """
    pool = [one for one in settings.credentials if one.api_key]
    if settings.api_key:
        pool.append(Credential(api_key=settings.api_key))
    made = [(dress(one.api_key), one.weight) for one in pool]
    turns = in_turn(made, lambda: dress(None), needed="an api_key" if settings.needs_key else "")
    if pool:
        turns.marks = tuple(mark_of(one.api_key) for one in pool)
    return turns


def mark_of(key: Secret) -> str:
    """By what a key is known again where the key must not be kept. Keys of providers are too long to be guessed by it."""
    return sha256(key.reveal().encode()).hexdigest()[:MARK_LENGTH]


def in_turn(made: Sequence[tuple[T, int]], bare: Callable[[], T], needed: str) -> Rotation[T]:
    """These in turn, by weight; without any, ``bare`` alone.

    ``needed``: what is missing then, in words. Raises ValueError with them unless they are empty.
    """
    if made:
        return Rotation([one for one, _ in made], [weight for _, weight in made])
    if needed:
        raise ValueError(f"credentials: this provider needs {needed}")
    return Rotation([bare()], [1])
