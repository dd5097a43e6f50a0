"""The engine of the guardrails for what is logged and recorded: personal data by kind, and secrets always.

It masks nothing itself (``records/masking.py`` does). Built by ``serve``; loaded with the first text that is looked at.
"""

from __future__ import annotations

import hmac
import ipaddress
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from torana.ports.guardrail import Finding
from torana.records.masking import Mask
from torana.scan.gate import Gate, utf8
from torana.scan.normal import normal
from torana.wiring import find
from torana.wiring.settings_server import Audit


class Engine(NamedTuple):
    """The guardrails behind one gate."""

    gate: Gate
    guardrails: Sequence[Any]


class Eyes:
    """Looks at texts. Safe in threads."""

    __slots__ = ("_engine", "_kinds", "_loading")

    def __init__(self, kinds: Sequence[str]) -> None:
        """``kinds``: of personal data to find; none: secrets alone."""
        self._kinds = kinds
        self._engine: Engine | None = None
        self._loading = threading.Lock()

    def look(self, text: str) -> Sequence[Finding]:
        """What is found, from left to right; places are those of the text as it came."""
        engine = self._engine or self._loaded()
        form = normal(text)
        asked = engine.gate.asked(utf8(form.text))
        if not asked:
            return ()
        found = [one for number in sorted(asked) for one in engine.guardrails[number].check(form.text)]
        placed = [
            one._replace(start=start, end=end)
            for one in found
            for start, end in [form.back(one.start, one.end)]
            if one.kind != "ip" or _of_somebody(form.text[one.start : one.end])
        ]
        return sorted(placed, key=lambda one: (one.start, -one.end))

    def _loaded(self) -> Engine:
        with self._loading:
            if self._engine is None:
                secrets = find.module("guardrails", "secrets")
                opened = [secrets.open(secrets.Settings())]
                if self._kinds:
                    module = find.module("guardrails", "pii")
                    opened.append(module.open(msgspec.convert({"kinds": self._kinds}, module.Settings)))
                self._engine = Engine(Gate([one.triggers for one in opened]), opened)
            return self._engine


def _of_somebody(address: str) -> bool:
    """Whether an address may be a person's: not of this machine or network, which operators read logs for."""
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return True


def mask_of(audit: Audit, hash_key: bytes) -> Mask:
    """The mask for logs and records; ``hash_key``: what its own key is drawn from."""
    return Mask(hmac.digest(hash_key, b"log mask", "sha256"), Eyes(audit.mask_kinds).look)
