"""The words of OpenTelemetry's protocol in its JSON form: resources, attributes, values, times.

It sends nothing and decides no names of attributes. Source: OTLP 1.x, JSON Protobuf encoding (ids are hexadecimal, 64-bit
integers are texts). Used by what exports logs and traces.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

SCOPE = "torana"
_PLAIN: Mapping[type, str] = {str: "stringValue", bool: "boolValue", float: "doubleValue"}


def value(plain: object) -> dict[str, Any]:
    """An ``AnyValue`` of a plain value of JSON; of None an empty one."""
    known = _PLAIN.get(type(plain))
    if known is not None:
        return {known: plain}
    if plain is None:
        return {}
    if isinstance(plain, int):
        return {"intValue": str(plain)}
    if isinstance(plain, Mapping):
        return {"kvlistValue": {"values": attributes(plain.items())}}
    if isinstance(plain, Sequence) and not isinstance(plain, str):
        return {"arrayValue": {"values": [value(one) for one in plain]}}
    return {"stringValue": str(plain)}


def attributes(pairs: Iterable[tuple[str, object]]) -> list[dict[str, Any]]:
    """A list of ``KeyValue``; pairs without a value are left out."""
    return [{"key": name, "value": value(plain)} for name, plain in pairs if plain is not None]


def resource(version: str, process: str, host: str) -> dict[str, Any]:
    """Which gateway tells it."""
    told = {
        "service.name": "torana",
        "service.version": version,
        "service.instance.id": process,
        "host.name": host,
    }
    return {"attributes": attributes(told.items())}


def nanos(at: float) -> str:
    """Epoch seconds as whole nanoseconds; a float has them to a quarter of a microsecond."""
    return str(int(at * 1_000_000) * 1000)
