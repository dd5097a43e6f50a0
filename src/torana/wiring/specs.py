"""What is needed to open the plug-ins that the settings name.

It opens nothing. Called by ``build``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from torana.wiring.settings import Settings
from torana.wiring.settings_checks import lacks_key


class ProviderSpec(NamedTuple):
    """One provider to open. ``settings``: its plug-in's Settings, Secrets and deadlines within."""

    id: str
    kind: str
    settings: Any
    tenant: str = ""
    """Whose it is; empty: the installation's."""


class GuardrailSpec(NamedTuple):
    """One guardrail to open. ``settings``: its plug-in's Settings; ``side`` None: the sides its kind looks at."""

    id: str
    kind: str
    mode: str
    side: str | None
    settings: Any
    deadline_ms: int | None = None
    """None: what its kind takes."""


def provider_specs(settings: Settings) -> tuple[ProviderSpec, ...]:
    """The providers to open, in the order of the file, without those that need a key and have none here."""
    return tuple(
        ProviderSpec(one.id, one.kind, one.settings, one.tenant)
        for one in settings.providers
        if not lacks_key(one.settings)
    )


def guardrail_specs(settings: Settings) -> tuple[GuardrailSpec, ...]:
    """The guardrails to open, in the order of the file."""
    return tuple(
        GuardrailSpec(one.id, one.plugin, one.mode, one.side, one.settings, one.deadline_ms)
        for one in settings.guardrails
    )
