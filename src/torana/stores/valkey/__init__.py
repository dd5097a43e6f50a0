"""What all gateways share on Valkey or Redis: counters (all charges of a request in one script call, money by allotment), and
the values behind tokens.

It knows no rule and no HTTP. Opened by ``wiring`` when ``redis_url`` is set; the client library is loaded only then.
"""

from torana.stores.valkey.asking import Settings
from torana.stores.valkey.counters import ValkeyCounters, open  # noqa: A004 - every plug-in is opened so
from torana.stores.valkey.link import StoreAway
from torana.stores.valkey.vault import ValkeyVault

__all__ = ["Settings", "StoreAway", "ValkeyCounters", "ValkeyVault", "open"]
