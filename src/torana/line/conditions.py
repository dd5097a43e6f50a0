"""Whether a deployment's conditions hold for a request: on the caller, its key's metadata or its token's claims, and headers.

Pure. What a caller says of itself in a header is no proof of anything; metadata and claims are. Called by ``route``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from torana.core.snapshot import ModelEntry
from torana.core.tickets import Caller
from torana.line.claims import value_at

METADATA = "metadata."
HEADER = "header."
CLAIM = "claim."
CALLER = "caller."
CALLER_PARTS = ("tenant", "department", "team", "user", "key")


def broken(when: Iterable[tuple[str, str]], caller: Caller, headers: Mapping[str, str]) -> str:
    """The name of the first condition that does not hold; empty when all do.

    A value that ends in ``*`` matches what begins with the rest of it. What is not there matches nothing.
    """
    for name, wanted in when:
        found = values_of(name, caller, headers)
        begins = wanted.endswith("*") and any(one.startswith(wanted[:-1]) for one in found)
        if not begins and wanted not in found:
            return name
    return ""


def values_of(name: str, caller: Caller, headers: Mapping[str, str]) -> Sequence[str]:
    """What a condition looks at: the values of a claim that has several, else one or none."""
    if name.startswith(CLAIM):
        found = value_at(caller.token.claims, name[len(CLAIM) :]) if caller.token is not None else None
        texts = (text_of(one) for one in (found if isinstance(found, list) else [found]))
        return [one for one in texts if one is not None]
    value = value_of(name, caller, headers)
    return () if value is None else (value,)


def value_of(name: str, caller: Caller, headers: Mapping[str, str]) -> str | None:
    """What a condition looks at; None when the request has none such."""
    if name.startswith(METADATA):
        value = caller.key.metadata.get(name[len(METADATA) :])
        return text_of(value)
    if name.startswith(HEADER):
        return headers.get(name[len(HEADER) :].lower())
    match name:
        case "caller.tenant":
            return caller.tenant
        case "caller.department":
            return caller.department
        case "caller.team":
            return caller.team
        case "caller.user":
            return caller.user
        case "caller.key":
            return caller.key.name
        case _:
            return None


def text_of(value: object) -> str | None:
    """Metadata as text, as people write it in the file; None for what is no single value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def headers_wanted(models: Iterable[ModelEntry]) -> frozenset[bytes]:
    """The lower-case names of the request headers that some condition looks at."""
    return frozenset(
        name[len(HEADER) :].lower().encode("latin-1")
        for model in models
        for one in model.everywhere
        for name, _ in one.when
        if name.startswith(HEADER)
    )
