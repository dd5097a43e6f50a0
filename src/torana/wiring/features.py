"""What this version does and does not do yet, by capability: shown by ``GET features/status``.

It switches nothing. A capability moves to ``on`` in the change that brings it.
"""

from __future__ import annotations

from collections.abc import Mapping

FEATURES: Mapping[str, str] = {
    "openai_chat": "on",
    "openai_embeddings": "on",
    "openai_completions": "on",
    "openai_moderations": "on",
    "openai_images": "on",
    "openai_audio": "on",
    "rerank": "on",
    "virtual_keys": "on",
    "jwt": "on",
    "limits_requests": "on",
    "limits_concurrency": "on",
    "guardrail_keywords": "on",
    "failover": "on",
    "circuit_breakers": "on",
    "receipts": "on",
    "audit_file": "on",
    "metrics": "on",
    "hot_reload": "on",
    "policies": "on",
    "budgets": "not yet",
    "limits_tokens": "not yet",
    "guardrails_pii": "not yet",
    "cache": "not yet",
    "sso": "not yet",
    "console": "not yet",
    "billing": "not yet",
}
