"""Counters on Valkey or Redis, shared by all gateways: all charges of a request in one script call, money by allotment.

It knows no rule and no HTTP. Opened by ``wiring`` when ``redis_url`` is set; the client library is loaded only then.
"""

from torana.stores.valkey.counters import Settings, ValkeyCounters, open  # noqa: A004 - every plug-in is opened so
from torana.stores.valkey.link import StoreAway

__all__ = ["Settings", "StoreAway", "ValkeyCounters", "open"]
