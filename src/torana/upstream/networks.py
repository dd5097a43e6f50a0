"""How a provider is reached: proxy, certificate authorities and client certificate, by named profile.

Certificates are always verified; there is no switch. Read by the clients of ``upstream``, made by ``wiring``.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NetworkProfile:
    """One way out of the house. The empty profile is: direct, the system's authorities."""

    proxy: str | None = None
    """``http://host:port`` of an HTTP proxy; a name and password may be in it. Never read from the environment."""
    ca_file: str | None = None
    """PEM file of authorities, trusted instead of the system's."""
    client_cert_file: str | None = None
    """PEM file of the client certificate with its chain, and its key when ``client_key_file`` is not given."""
    client_key_file: str | None = None

    def __repr__(self) -> str:
        # The proxy's password stays out of logs.
        return f"<NetworkProfile {'proxy' if self.proxy else 'direct'} {self.ca_file or 'system CAs'}>"

    def tls(self) -> ssl.SSLContext:
        """A verifying client context. Raises OSError or ssl.SSLError when a file cannot be used."""
        context = ssl.create_default_context(cafile=self.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        if self.client_cert_file is not None:
            context.load_cert_chain(self.client_cert_file, self.client_key_file)
        return context


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How many connections one client keeps. Streams hold one each, so the default does not bound them."""

    per_host: int = 0
    """Most connections to one scheme, host, port and profile at once; 0 for no limit. More callers wait."""
    idle_per_host: int = 256
    """Most idle connections kept for reuse."""
    keep_alive_s: float = 15.0
    """An idle connection older than this is not used again. Below the 20 s and more of common servers."""
    public_only: bool = False
    """Whether addresses are refused that are not public: for URLs that people set. A proxy on the way is not judged."""


DIRECT: Mapping[str, NetworkProfile] = {"": NetworkProfile()}


def profiles(networks: Mapping[str, NetworkProfile] | None) -> Mapping[str, NetworkProfile]:
    """The configured profiles and the empty name, which is direct unless configured otherwise."""
    return {**DIRECT, **(networks or {})}
