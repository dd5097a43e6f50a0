"""What of a changed configuration waits for the next start."""

from __future__ import annotations

from msgspec.structs import replace

from torana.wiring.restart import OPENED_ONCE, wait_for_restart
from torana.wiring.settings import Settings
from torana.wiring.settings_server import Server


def test_nothing_waits_when_nothing_changed() -> None:
    assert wait_for_restart(Settings(), Settings()) == ()


def test_a_changed_port_waits_and_a_changed_model_does_not() -> None:
    new = replace(Settings(), server=Server(port=9001), default_model="gpt")
    assert wait_for_restart(Settings(), new) == ("server.port",)


def test_every_name_is_a_setting() -> None:
    for name in OPENED_ONCE:
        value: object = Settings()
        for step in name.split("."):
            value = getattr(value, step)
