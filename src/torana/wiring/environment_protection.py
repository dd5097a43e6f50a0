"""The guardrail for personal data that exists because the environment asks for it.

What the file says of personal data stands: it is more exact. Called by ``environment_names``.
"""

from __future__ import annotations

from collections.abc import Mapping

from torana.wiring.available import Available
from torana.wiring.environment import place_of
from torana.wiring.environment_models import rows, text_of
from torana.wiring.nodes import Node, append_at, mapping, scalar, sequence

KIND = "pii"
PATTERNS = "PATTERNS_TO_MASK"
EVERYBODYS = "default"
"""The policy that holds for everyone: where nobody wrote one, it has every guardrail that no policy names."""
_OLDER: Mapping[str, str] = {
    "account_number": "bank_account",
    "card_number": "credit_card",
    "credit_card_number": "credit_card",
    "dob": "date_of_birth",
    "ip_address": "ip",
    "mac_address": "mac",
    "mobile": "phone",
    "phone_number": "phone",
    "upi_id": "upi",
}
"""Names that other gateways have for our kinds."""


def protect(root: Node, environ: Mapping[str, str], available: Available, name: str, mode: str) -> tuple[str, str]:
    """Look for personal data in every prompt, because of ``name``: why that cannot be, and what to do; empty: it is done."""
    if KIND not in available.guardrails:
        return "which is not available in this version", f"unset {name}"
    policies = rows(root, "policies")
    named = [one for policy in policies for one in rows(policy, "guardrails")]
    if any(_is_of_it(one) for one in (*rows(root, "guardrails"), *named)):
        return "", ""
    if any(text_of(policy, "name") == EVERYBODYS for policy in policies):
        why = f'and the policy "{EVERYBODYS}" of the file says what holds for everyone'
        return why, f"name the guardrail {KIND} in it, and unset {name}"
    place = place_of(environ, name)
    row = {"id": name.lower(), "kind": KIND, "mode": mode, "side": "input"}
    nodes = {key: scalar(value, place) for key, value in row.items()}
    words = [word.strip().lower() for word in environ.get(PATTERNS, "").split(",")]
    kinds = dict.fromkeys(_OLDER.get(word, word) for word in words if word)
    if kinds:
        where = place_of(environ, PATTERNS)
        nodes["kinds"] = sequence(where, [scalar(kind, where) for kind in kinds])
    append_at(root, "guardrails", [mapping(place, nodes)])
    return "", ""


def _is_of_it(node: Node) -> bool:
    return node.value == KIND or KIND in (text_of(node, "kind"), text_of(node, "id"))
