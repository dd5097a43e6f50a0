"""What holds for every test: no real network, a bounded number of examples, the databases that tests ask for.

Servers and SDK clients of a test talk over loopback only; set TORANA_TESTS_NETWORK=1 to lift that by hand.
"""

from __future__ import annotations

import gc
import ipaddress
import os
import socket
import sys

from hypothesis import HealthCheck, settings

from tests.databases import (  # noqa: F401 - fixtures are found by their names here
    database_url,
    empty_url,
    postgres,
    postgres_template,
    sqlite_template,
    valkey,
    valkey_server,
)
from tests.spread import (  # noqa: F401 - hooks, found by their names
    pytest_xdist_auto_num_workers,
    pytest_xdist_make_scheduler,
)

# `make test` tries other examples of each property every time; `make test-long` tries more of them.
for profile, examples in (("quick", 100), ("thorough", 300)):
    settings.register_profile(
        profile,
        max_examples=examples,
        deadline=None,  # machines are shared and slow at times: no test judges by the clock
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile("quick")

REACHABLE = tuple(
    ipaddress.ip_network(network)
    # loopback, "any", and the documentation ranges, which answer nobody (RFC 5737, RFC 3849)
    for network in (
        "127.0.0.0/8",
        "0.0.0.0/32",
        "192.0.2.0/24",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "::1/128",
        "2001:db8::/32",
    )
)


def _refuse_the_network(event: str, args: tuple[object, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = args[0].decode() if isinstance(args[0], bytes) else args[0]
        if host is None or not isinstance(host, str) or host in {"", "localhost"} or _is_address(host):
            return
        if host.endswith((".invalid", ".test", ".example")):  # RFC 2606: never resolve
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        raise RuntimeError(f"a test looked up {host}: tests stay on loopback")
    if event == "socket.connect":
        address = args[1]
        if not isinstance(address, tuple) or not isinstance(address[0], str) or not _is_address(address[0]):
            return  # a Unix socket, or a name that getaddrinfo judges
        ip = ipaddress.ip_address(address[0].partition("%")[0])
        if not any(ip in network for network in REACHABLE if network.version == ip.version):
            raise RuntimeError(f"a test connected to {ip}: tests stay on loopback")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def pytest_collection() -> None:
    """Seventeen thousand tests are collected without looking for garbage among them …"""
    gc.disable()


def pytest_collection_finish() -> None:
    """… nor is it looked for among them later, at each collection of what a test left."""
    gc.freeze()
    gc.enable()


if not os.environ.get("TORANA_TESTS_NETWORK"):
    sys.addaudithook(_refuse_the_network)
