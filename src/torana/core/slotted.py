"""How words are made that every request makes and reads again and again.

Reading a slot costs a third of reading a member of a NamedTuple, which CPython 3.11 looks up by type each time; and a
frozen dataclass sets each member by a call when it is made. Classes made once in a while are frozen dataclasses instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True)
def slotted(cls: type[_T]) -> type[_T]:
    """A dataclass with slots, equal and hashed by its members. That nobody sets these, mypy sees to: it is taken as frozen."""
    return dataclass(slots=True, unsafe_hash=True)(cls)
