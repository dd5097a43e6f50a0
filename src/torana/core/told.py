"""What a record says in the few words that every place for security events knows: action, outcome, who, how grave.

It reads fields by the names of the audit file and invents nothing. Called by the sinks whose far sides have such words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

_OUTCOMES: Mapping[str, Literal["success", "failure"]] = {
    "success": "success", "ok": "success", "allowed": "success", "done": "success", "completed": "success",
    "failure": "failure", "failed": "failure", "denied": "failure", "refused": "failure", "error": "failure",
}  # fmt: skip
_GRAVE = {"GUARDRAIL_BLOCKED": 6, "INTERNAL": 7, "TOKEN_REVOKED": 6, "BUDGET_EXCEEDED": 4}
"""Error codes of requests that weigh more than a failure."""
_COLD_FROM, _WARM_FROM = 4, 7
"""Severities from which on a record is a warning, and an error."""


class Told(NamedTuple):
    """The words of one record."""

    action: str
    """``ai.chat`` for a request, an entry's own action otherwise."""
    outcome: Literal["success", "failure", "unknown"]
    actor: str
    """Who: the user, else the key; of an entry its actor."""
    address: str
    severity: int
    """0 to 10, as CEF counts."""
    message: str
    """One line for people; no prompt text."""

    @property
    def level(self) -> Literal["info", "warning", "error"]:
        """The severity in three steps."""
        return "info" if self.severity < _COLD_FROM else "warning" if self.severity < _WARM_FROM else "error"


def told(kind: str, fields: Mapping[str, Any]) -> Told:
    """The words of a record of this kind."""
    return _request(fields) if kind == "request" else _entry(kind, fields)


def _request(fields: Mapping[str, Any]) -> Told:
    ending, code = str(fields.get("ending", "")), str(fields.get("error_code", ""))
    outcome: Literal["success", "failure", "unknown"] = (
        "success" if ending == "completed" else "unknown" if ending in ("", "unknown") else "failure"
    )
    severity = 1 if outcome == "success" else _GRAVE.get(code, 6 if fields.get("status") in (401, 403) else 3)
    actor = str(fields.get("user") or fields.get("key_id") or "")
    action = f"ai.{fields.get('operation') or 'request'}"
    said = f"{action} {fields.get('model') or '-'} by {actor or 'nobody known'}: {ending or 'unknown'}"
    return Told(action, outcome, actor, str(fields.get("address", "")), severity, f"{said} ({code})" if code else said)


def _entry(kind: str, fields: Mapping[str, Any]) -> Told:
    action = str(fields.get("action") or kind)
    word = str(fields.get("outcome", "")).lower()
    outcome: Literal["success", "failure", "unknown"] = _OUTCOMES.get(word, "unknown")
    actor = fields.get("actor", "")
    actor = str(actor.get("id", "") if isinstance(actor, Mapping) else actor or "")
    severity = (7 if kind == "security" else 3) + (outcome == "failure")
    message = f"{action} by {actor or 'nobody known'}: {word or 'unknown'}"
    return Told(action, outcome, actor, str(fields.get("address", "")), severity, message)
