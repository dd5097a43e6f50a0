"""The shape of what an installation offers."""

from tests.unit.wiring.offer import OFFER
from torana.wiring.available import ProviderKind


def test_a_kind_needs_nothing_but_its_settings() -> None:
    kind = ProviderKind(OFFER.providers["echo"].settings)
    assert (kind.secret, kind.serves, dict(kind.defaults)) == ("", (), {})
