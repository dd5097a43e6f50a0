"""Options of ``serve``: nothing given means nothing overridden."""

from torana.wiring.options import ROLES, Overrides, ServeOptions


def test_nothing_given_overrides_nothing() -> None:
    assert ServeOptions().overrides == Overrides(host=None, port=None, data_dir=None)
    assert (ServeOptions().config, ServeOptions().dev, ServeOptions().demo, ServeOptions().workers) == (
        None,
        False,
        False,
        1,
    )
    assert ServeOptions().role in ROLES
