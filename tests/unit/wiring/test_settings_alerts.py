from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.wiring.offer import read, written
from torana.wiring.problems import ConfigError


def test_alerts_go_nowhere_but_the_log_unless_a_webhook_is_named() -> None:
    assert read("").settings.alerts.webhook is None


def test_a_webhook_reaches_public_addresses_only_unless_allowed(tmp_path: Path) -> None:
    url = "https://hooks.example.com/t?x=1"
    webhook = read(written(tmp_path, f"alerts: {{webhook: {{url: '{url}', secret: s}}}}\n")).settings.alerts.webhook
    assert webhook is not None and webhook.secret is not None
    assert (webhook.url.reveal(), webhook.secret.reveal(), webhook.allow_private) == (url, "s", False)
    allowed = read(
        written(tmp_path, f"alerts: {{webhook: {{url: '{url}', allow_private: true}}}}\n")
    ).settings.alerts.webhook
    assert allowed is not None and allowed.allow_private


@pytest.mark.parametrize(
    "url", ["hooks.example.com", "ftp://x/y", "https://user:word@x/", "https://", "https://h\u00e9/"]
)
def test_a_url_that_cannot_be_posted_to_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="alerts"):
        read(written(tmp_path, f"alerts: {{webhook: {{url: '{url}'}}}}\n"))


def test_an_empty_url_leaves_the_webhook_out_and_says_so(tmp_path: Path) -> None:
    loaded = read(written(tmp_path, "alerts: {webhook: {url: '${NO_SUCH_HOOK:-}'}}\n"))
    assert loaded.settings.alerts.told is None
    assert any("webhook is left out" in str(one) for one in loaded.warnings)
