"""Opens the guardrails that are measured, as two policies have them: the default one, and everything on.

Called by ``torana guardrails eval`` and by what writes the quality report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from torana.ports.guardrail import Finding, Guardrail, Where
from torana.scan.gate import Gate, utf8
from torana.scan.normal import normal
from torana.wiring import find

POLICIES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "default": {"pii": {}, "secrets": {}, "injection": {}},
    "all": {
        "pii": {"names": True},
        "secrets": {},
        "injection": {"engine": "full"},
        "toxicity": {},
        "finance_advice": {},
    },
}
"""By policy: the guardrails that are on, named as the sets that test them, with their settings."""


class Opened(NamedTuple):
    """A guardrail ready to be measured."""

    guardrail: Guardrail
    gate: Gate
    types: Mapping[str, str]
    """Kind → type in ``scores.TYPES``."""
    lacks: str = ""
    """Why it could only be opened with its own settings; empty: it has those of the policy."""

    def look(self, text: str) -> Sequence[Finding]:
        """What the guard room would be told: normal form, gate, check, places in the text as it came."""
        form = normal(text)
        if not self.gate.asked(utf8(form.text)):
            return ()
        found = self.guardrail.check(form.text, Where("input", "user"))
        return [Finding(one.kind, *form.back(one.start, one.end), one.score) for one in found]


def opened(policy: str, name: str) -> Opened | None:
    """The guardrail that a set measures under a policy; None: it is off there.

    What cannot be opened with these settings, for want of an extra, is opened with its own, and the reason told.
    Raises LookupError when there is none of that name, OSError and ValueError when it cannot be opened at all.
    """
    settings = POLICIES[policy].get(name)
    if settings is None:
        return None
    try:
        return opened_with(name, settings)
    except (ImportError, OSError, ValueError) as fault:
        if not settings:
            raise
        return opened_with(name, {})._replace(lacks=str(fault))


def opened_with(name: str, settings: Mapping[str, Any]) -> Opened:
    """The guardrail with these settings. Raises LookupError, ImportError, OSError, ValueError."""
    module = find.module("guardrails", name)
    guardrail: Guardrail = module.open(msgspec.convert(settings, module.Settings))
    return Opened(guardrail, Gate([guardrail.triggers]), getattr(module, "SCORED", {}))
