"""Kinds of provider to import into, fixed, so that cases do not change when the catalogue grows."""

from __future__ import annotations

from torana.providers.catalogue import rows
from torana.wiring.available import Available
from torana.wiring.find import available, row_kind

HERE = available()
HOSTS = ("openai", "groq", "mistral", "vllm", "ollama")
KINDS = Available(
    providers={
        **{name: row_kind(rows()[name])._replace(serves=("gpt-*",) if name == "openai" else ()) for name in HOSTS},
        "openai_compatible": HERE.providers["openai_compatible"],
    },
    strategies=frozenset({"priority", "weighted"}),
    guardrails={},
)
NOT_YET = frozenset({"limits on tokens are", "circuit breakers are"})
