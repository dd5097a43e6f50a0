"""What of a changed configuration waits for the next start."""

from __future__ import annotations

from msgspec.structs import replace

from torana.core.secret import Secret
from torana.wiring.restart import OPENED_ONCE, wait_for_restart
from torana.wiring.settings import Settings
from torana.wiring.settings_people import Auth, JwtIssuer
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


def test_another_secret_of_our_own_tokens_waits_and_another_issuer_does_not() -> None:
    def with_rows(*rows: JwtIssuer) -> Settings:
        return replace(Settings(), auth=Auth(jwt=rows))

    own, other = JwtIssuer(issuer="torana", secret=Secret("a" * 40)), JwtIssuer(issuer="x", secret=Secret("b" * 40))
    changed = JwtIssuer(issuer="torana", secret=Secret("c" * 40))
    assert wait_for_restart(with_rows(own), with_rows(own, other)) == ()
    assert wait_for_restart(with_rows(own), with_rows(changed)) == ("auth.jwt",)
