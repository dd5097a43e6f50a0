"""Settings of who is told when money runs out: ``alerts``. Part of ``settings.Settings``.

It tells nobody; ``alerting`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from torana.core.secret import Secret
from torana.upstream import target
from torana.wiring.problems import Report
from torana.wiring.settings_forms import says

if TYPE_CHECKING:
    from torana.wiring.settings import Settings


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """``alerts.webhook``."""

    url: Annotated[Secret, says("where alerts are posted as JSON; an empty one: none")]
    secret: Annotated[Secret | None, says("signs each body: `x-torana-signature`, HMAC-SHA256; null: unsigned")] = None
    allow_private: Annotated[bool, says("whether its host may have a private, loopback or link-local address")] = False


class Alerts(msgspec.Struct, frozen=True, kw_only=True):
    """``alerts``."""

    webhook: Annotated[Webhook | None, says("null: alerts are logged and counted only")] = None

    @property
    def told(self) -> Webhook | None:
        """The webhook that is told; None: there is none, or its URL is empty."""
        return self.webhook if self.webhook is not None and self.webhook.url.reveal() else None


def check_alerts(settings: Settings, report: Report) -> None:
    """Report a webhook that cannot be reached as it is written."""
    webhook = settings.alerts.webhook
    if webhook is None or report.wrong_within(("alerts", "webhook")):
        return
    if not webhook.url.reveal():
        report.warn(("alerts", "webhook"), "the webhook is left out: its url is empty")
        return
    try:
        target.parse(webhook.url.reveal())
    except ValueError as fault:
        report.error(("alerts", "webhook", "url"), str(fault), "such as https://hooks.example.com/torana")
