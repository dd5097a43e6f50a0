"""Which addresses people outside may send us to: public ones, so that a URL they set reaches nothing of ours.

It connects to nothing. Called by ``pool`` for clients that are for such URLs; the address that is judged is the one that is
connected to, so a name that answers differently the second time gains nothing.
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

NAT64 = IPv6Network("64:ff9b::/96")
"""Addresses of IPv4 hosts seen from IPv6 (RFC 6052)."""


class NotPublic(OSError):
    """The name leads to an address that is not public."""


def is_public(text: str) -> bool:
    """Whether an address is anybody's: not private, loopback, link-local (cloud metadata), shared, reserved, multicast."""
    address: IPv4Address | IPv6Address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif address.sixtofour is not None:
            address = address.sixtofour
        elif address in NAT64:
            address = IPv4Address(int(address) & 0xFFFFFFFF)
    return address.is_global and not address.is_multicast


async def public_address(loop: asyncio.AbstractEventLoop, host: str, port: int) -> str:
    """An address of the host, all of whose addresses are public. Raises NotPublic, OSError when it has none."""
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(one[4][0]) for one in found]
    if not addresses or not all(map(is_public, addresses)):
        raise NotPublic("the host has an address that is not public")
    return addresses[0]
