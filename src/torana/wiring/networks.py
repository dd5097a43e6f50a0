"""The configured ways out to providers, as the upstream client takes them.

It opens no connection. Called by ``serve``.
"""

from __future__ import annotations

import ssl

from torana.upstream.direct_client import DirectUpstream
from torana.upstream.networks import NetworkProfile
from torana.upstream.seam import Upstream
from torana.wiring.problems import ConfigError, Place, Problem
from torana.wiring.settings import Settings


def open_upstream(settings: Settings) -> Upstream:
    """The client for providers. Raises ConfigError for a certificate file or a proxy that cannot be used."""
    profiles: dict[str, NetworkProfile] = {}
    for name, one in settings.networks.items():
        profile = NetworkProfile(
            one.proxy.reveal() if one.proxy else None, one.ca_file, one.client_cert_file, one.client_key_file
        )
        try:
            profile.tls()
        except (OSError, ssl.SSLError) as fault:
            raise refused(name, f"its certificates cannot be used: {fault}") from fault
        profiles[name] = profile
    try:
        return DirectUpstream(profiles)
    except ValueError as fault:
        raise refused(", ".join(profiles), str(fault)) from fault


def refused(name: str, why: str) -> ConfigError:
    """The refusal of a network."""
    return ConfigError([Problem(Place(f"networks {name}"), "", why)])
