"""What this version does and does not do yet, by capability: shown by ``GET features/status``.

It switches nothing. A capability moves to ``on`` in the change that brings it.
"""

from __future__ import annotations

from collections.abc import Mapping

FEATURES: Mapping[str, str] = {
    "openai_chat": "on",
    "openai_responses": "on",
    "openai_embeddings": "on",
    "openai_completions": "on",
    "openai_moderations": "on",
    "openai_images": "on",
    "openai_audio": "on",
    "anthropic_messages": "on",
    "gemini_content": "on",
    "rerank": "on",
    "files_and_batches": "on",
    "stored_responses": "on",
    "translation": "on",
    "passthrough": "on",
    "virtual_keys": "on",
    "jwt": "on",
    "limits_requests": "on",
    "limits_tokens": "on",
    "limits_concurrency": "on",
    "budgets": "on",
    "shared_counters": "on",
    "guardrails": "on",
    "guardrails_pii": "on",
    "guardrails_streams": "on",
    "compliance_packs": "on",
    "policies": "on",
    "failover": "on",
    "circuit_breakers": "on",
    "hedging": "on",
    "shadow_traffic": "on",
    "receipts": "on",
    "audit_file": "on",
    "metrics": "on",
    "hot_reload": "on",
    "postgresql": "on",
    "cache": "not yet",
    "file_scanning": "not yet",
    "sso": "not yet",
    "console": "not yet",
    "billing": "not yet",
}
