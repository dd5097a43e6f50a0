"""``auth``, ``tenants`` and ``keys``: the defaults that the specification gives."""

from torana.wiring.settings_people import Auth, Key, Tenant


def test_defaults_are_those_specified() -> None:
    key = Key(name="a")
    assert (key.models, key.permissions, key.expires_at, key.ip_allow) == (("*",), (), None, ())
    assert Auth().jwt == ()
    assert (Tenant(id="a").departments, Tenant(id="a").teams) == ((), ())
