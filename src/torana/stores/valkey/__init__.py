"""What all gateways share on Valkey or Redis: counters (all charges of a request in one script call, money by allotment),
the values behind tokens, kept answers and idempotency keys.

It knows no rule and no HTTP. Opened by ``wiring`` when ``redis_url`` is set; the client library is loaded only then.
"""

from torana.stores.valkey.asking import Settings
from torana.stores.valkey.counters import ValkeyCounters, open  # noqa: A004 - every plug-in is opened so
from torana.stores.valkey.entries import Doing, Sealing, ValkeyEntries, ValkeyOnce
from torana.stores.valkey.link import Link, StoreAway
from torana.stores.valkey.vault import ValkeyVault

__all__ = [
    "Doing", "Link", "Sealing", "Settings", "StoreAway", "ValkeyCounters", "ValkeyEntries", "ValkeyOnce", "ValkeyVault",
    "open",
]  # fmt: skip
