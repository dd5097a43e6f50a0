"""Reads one scalar setting in the form its field wants, and says what is wrong with it.

It never shows a value that may be a secret: texts that came from the environment, or fill a Secret, stay unseen.
Called by ``settings_bind.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import inspect

from torana.core.money import nano_from_decimal
from torana.core.secret import Secret
from torana.wiring import settings_forms
from torana.wiring.nodes import Node
from torana.wiring.problems import did_you_mean

YES = frozenset({"yes", "on", "true", "y", "1"})
NO = frozenset({"no", "off", "false", "n", "0"})
AMOUNT = re.compile(r"[-+]?(\d{1,12}(\.\d{0,20})?|\.\d{1,20})([eE][-+]?\d{1,2})?")


class Wrong(Exception):
    """A value that does not fit: what is wrong, and what to do."""

    def __init__(self, message: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.suggestion = suggestion


def shown(node: Node) -> str:
    """What was found, for a message; never the text of a reference."""
    if isinstance(node.value, dict):
        return "a mapping"
    if isinstance(node.value, list):
        return "a list"
    if node.value is None:
        return "nothing"
    if node.expanded:
        return "another text"
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    text = node.text if len(node.text) <= 40 else node.text[:37] + "…"
    return f'"{text}"' if isinstance(node.value, str) else text


def as_plain(node: Node) -> Any:
    """The node as plain Python values."""
    if isinstance(node.value, dict):
        return {key: as_plain(below) for key, below in node.value.items()}
    if isinstance(node.value, list):
        return [as_plain(below) for below in node.value]
    return node.value


def scalar(kind: inspect.Type, said: Mapping[str, Any], node: Node) -> Any:
    """The value of a scalar field. Raises Wrong."""
    if isinstance(node.value, dict | list) and not isinstance(kind, inspect.AnyType):
        raise Wrong(f"expected {_expected(kind, said)}, got {shown(node)}")
    form = said.get("form", "")
    if form in FORMS:
        return FORMS[form](node)
    if isinstance(kind, inspect.LiteralType):
        return _choice(kind, node)
    for one, read in READERS:
        if isinstance(kind, one):
            return read(node)
    return as_plain(node)


def within(value: Any, said: Mapping[str, Any]) -> None:
    """Check the bounds that an annotation gave. Raises Wrong."""
    if isinstance(value, str):
        if len(value) < said.get("min_length", 0):
            raise Wrong("must not be empty")
        if len(value) > said.get("max_length", len(value)):
            raise Wrong(f"longer than {said['max_length']} characters")
        if "pattern" in said and not re.search(said["pattern"], value):
            raise Wrong(f"does not match {said['pattern']}", f"such as {said['example']}" if "example" in said else "")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        low, high = said.get("ge"), said.get("le")
        if low is not None and value < low:
            raise Wrong(f"must be at least {low}", f"at most {high:,}" if high is not None else "")
        if "gt" in said and value <= said["gt"]:
            raise Wrong(f"must be more than {said['gt']}", f"at most {high:,}" if high is not None else "")
        if high is not None and value > high:
            raise Wrong(f"must be at most {high:,}")
        if "lt" in said and value >= said["lt"]:
            raise Wrong(f"must be less than {said['lt']:,}")


def _expected(kind: inspect.Type, said: Mapping[str, Any]) -> str:
    named = {"duration": "a duration such as 1m", "amount": "an amount", "moment": "a time", "zone": "a time zone"}
    if said.get("form") in named:
        return named[said["form"]]
    words: list[tuple[type, str]] = [
        (inspect.IntType, "a whole number"),
        (inspect.FloatType, "a number"),
        (inspect.BoolType, "true or false"),
        (inspect.DecimalType, "an amount"),
        (inspect.LiteralType, "a word"),
    ]
    return next((word for one, word in words if isinstance(kind, one)), "a text")


def _text(node: Node) -> str:
    if isinstance(node.value, str):
        return node.value
    if node.expanded:
        return node.text
    advice = f'quote it: "{node.text}"' if node.value is not None else 'an empty text is written ""'
    raise Wrong(f"expected a text, got {shown(node)}", advice)


def _whole(node: Node) -> int:
    value = node.value
    if isinstance(value, str) and node.expanded and re.fullmatch(r"\s*-?[0-9]{1,40}\s*", value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    unquoted = isinstance(value, str) and not node.expanded and re.fullmatch(r"-?[0-9]+", value)
    raise Wrong(f"expected a whole number, got {shown(node)}", "without quotes" if unquoted else "")


def _number(node: Node) -> float:
    value = node.value
    if isinstance(value, str) and node.expanded:
        try:
            value = float(value)
        except ValueError:
            raise Wrong(f"expected a number, got {shown(node)}") from None
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e18:
        return float(value)
    raise Wrong(f"expected a number, got {shown(node)}")


def _truth(node: Node) -> bool:
    if isinstance(node.value, bool):
        return node.value
    word = node.text.strip().lower()
    if node.plain or node.expanded:
        if word in YES:
            return True
        if word in NO:
            return False
    raise Wrong(f"expected true or false, got {shown(node)}", "without quotes" if word in YES | NO else "")


def _choice(kind: inspect.LiteralType, node: Node) -> str:
    values = [str(value) for value in kind.values]
    same = {value.lower(): value for value in values}.get(node.text.strip().lower())
    if same is not None and not isinstance(node.value, bool):
        return same
    near = did_you_mean(node.text, values)
    allowed = "one of: " + ", ".join(values)
    suggestion = f"{near} {allowed}" if near.startswith("did") else allowed
    raise Wrong(f"{shown(node)} is not allowed here" if node.value is not None else "a word is missing", suggestion)


def _secret(node: Node) -> Secret:
    if node.value is None:
        return Secret("")
    if isinstance(node.value, bool):
        raise Wrong("expected a secret text, got true or false", "quote it")
    return Secret(node.text)


def _amount(node: Node) -> Decimal:
    if node.value is None or isinstance(node.value, bool):
        raise Wrong(f"expected an amount, got {shown(node)}", 'such as "2.50"')
    if not AMOUNT.fullmatch(node.text.strip()):
        raise Wrong(f"{shown(node)} is no decimal amount", 'such as "2.50"')
    try:
        nano_from_decimal(node.text.strip())
    except ValueError:
        raise Wrong(f"{shown(node)} is finer than nine decimals") from None
    amount = Decimal(node.text.strip())
    if amount < 0:
        raise Wrong("an amount must not be negative")
    if amount > 1_000_000_000:
        raise Wrong("an amount must be at most 1,000,000,000")
    return amount


def _duration(node: Node) -> float:
    try:
        return settings_forms.seconds(node.text)
    except ValueError as fault:
        advice = f"{node.text}s is so many seconds" if node.text.isdigit() and not node.expanded else ""
        raise Wrong(f"{fault}, got {shown(node)}", advice) from None


def _moment(node: Node) -> float:
    """RFC 3339, or a bare date (its first second, UTC), as epoch seconds."""
    try:
        moment = datetime.fromisoformat(node.text.strip())
    except ValueError:
        raise Wrong(f"expected a time, got {shown(node)}", "such as 2027-01-31T00:00:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@lru_cache(maxsize=64)
def _zone_exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError and handled below
        return False
    except KeyError:
        return False
    return True


def _zone(node: Node) -> str:
    name = node.text.strip()
    if not isinstance(node.value, str) or not _zone_exists(name):
        raise Wrong(f"no time zone {shown(node)}", "an IANA name such as Asia/Kolkata or UTC")
    return name


FORMS: Mapping[str, Callable[[Node], Any]] = {
    "duration": _duration,
    "amount": _amount,
    "moment": _moment,
    "zone": _zone,
}
READERS: tuple[tuple[type, Callable[[Node], Any]], ...] = (
    (inspect.StrType, _text),
    (inspect.IntType, _whole),
    (inspect.FloatType, _number),
    (inspect.BoolType, _truth),
    (inspect.DecimalType, _amount),
    (inspect.CustomType, _secret),
)
