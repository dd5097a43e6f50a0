"""Finds e-mail addresses, UPI addresses, IP and MAC addresses.

Nothing is looked up. Called by the finder list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Final

from torana.guardrails.pii import context
from torana.ports.guardrail import Finding

# RE2.
AT_TRIGGER: Final = r"[\pL\pM\pN_.+\-]@[\pL\pN]"
AT_IN_URL_TRIGGER: Final = r"[\pL\pM\pN_.+\-]%40[\pL\pN]"
AT_CANDIDATE: Final = r"[\pL\pM\pN._%+\-'/=?!#$&*^{|}~]+(?:@|%40)[\pL\pM\pN](?:[\pL\pM\pN.\-]*[\pL\pM\pN])?"
IP_TRIGGER: Final = r"\d\.\d{1,3}\.\d{1,3}\.\d|[0-9A-Fa-f]?::|[0-9A-Fa-f]:[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]"
IP_CANDIDATE: Final = r"[0-9A-Za-z]*(?:[:.]+[0-9A-Za-z]*)+(?:%[0-9A-Za-z]+)?(?:/\d+)?"
MAC_TRIGGER: Final = (
    r"[0-9A-Fa-f]{2}[:-][0-9A-Fa-f]{2}[:-][0-9A-Fa-f]{2}[:-]|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}"
)
MAC_CANDIDATE: Final = (
    r"(?:[0-9A-Fa-f]{2}:){5,}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{2}-){5,}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}"
)

_LONGEST_LOCAL: Final = 64
_LONGEST_DOMAIN: Final = 253
_TOP: Final = re.compile(r"(?:xn--[a-z0-9-]{2,59}|(?:[^\W\d_]|[\u0900-\u0dff]){2,24})\Z", re.IGNORECASE)
_FILES_TEXT: Final = """
png jpg jpeg gif svg webp css js ts map html htm py json xml yml yaml toml zip gz tgz lock
"""
_FILES: Final = frozenset(_FILES_TEXT.split())
_LEADING: Final = "'/=?!#$&*^{|}~.%-"
# NPCI's list of handles of apps and banks, the commonest.
_HANDLES_TEXT: Final = """
abfspay airtel airtelpaymentsbank allbank amazonpay apl aubank axis axisb axisbank axisgo axl bandhan barodampay
bharatpe boi cboi centralbank citi cnrb csbpay dbs dlb eazypay ezeepay fbl federal fbpe freecharge freoicici
hdfcbank hdfcbankjd hsbc ibl icici idbi idfc idfcbank idfcfirst ikwik indianbank indus indusind iob jio jiopay
jkb jupiteraxis kbl kotak kotak811 kvb mahb naviaxis niyoicici obc okaxis okhdfcbank okicici oksbi payzapp paytm
pingpay pnb pockets postbank psb ptaxis ptsbi ptyes pthdfc rapl rbl rmhdfcbank sbi sib slice sliceaxis superyes
syndicate tapicici timecosmos uboi uco unionbank upi utbi waaxis wahdfcbank waicici wasbi yapl ybl yesbank
yespay yesg yescred zoicici fam cred axb goaxb tmb kmbl nyes yespop abcdicici ikwikaxis mairtel trans dbskkbk
seyes
"""
_HANDLES: Final = frozenset(_HANDLES_TEXT.split())
_UPI: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{1,63}\Z")
_UPI_WORDS: Final = frozenset({"upi", "account", "phone"})
_PAYING: Final = re.compile(r"pay|refund|bhej|send|transfer|gpay|bhim|money|paise|₹|\brs\b", re.IGNORECASE)
_HOSTS_TEXT: Final = """
localhost host hostname server latest next beta alpha canary main master head example domain
"""
_HOSTS: Final = frozenset(_HOSTS_TEXT.split())
_ACCOUNTS_TEXT: Final = """
root admin git user ubuntu username pi docker postgres npm
"""
_ACCOUNTS: Final = frozenset(_ACCOUNTS_TEXT.split())
_COMMAND: Final = re.compile(
    r"\b(?:ssh|scp|sftp|rsync|git|npm|npx|yarn|pnpm|docker|pip|go|uses:?|psql|install)\b[^.;]*\Z"
)
_VERSION: Final = re.compile(
    r"(?:\bv|version|ver\.?|release|rev\.?|build|section|chapter|clause|§)[\s:=v]*\Z", re.IGNORECASE
)
_V4: Final = re.compile(r"(?<![0-9A-Za-z])(?<!\d\.)(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,3}(?!\d))?(?![0-9A-Za-z])")
_DIRECTLY: Final = 14


def _upi(text: str, start: int, local: str, handle: str) -> float:
    if not _UPI.match(handle):
        return 0.0
    if handle.lower() in _HANDLES:
        return 0.97
    window = text[max(0, start - context.REACH) : start]
    if context.before(text, start) in _UPI_WORDS or _PAYING.search(window):
        return 0.8
    # name@host is also how machines and packages are named.
    if handle.lower() in _HOSTS or local.lower() in _ACCOUNTS or not handle.isalpha() or _COMMAND.search(window):
        return 0.0
    return 0.55


def find_at(text: str, start: int, end: int) -> Iterator[Finding]:
    """What ``local@domain`` from ``start`` to ``end`` is. In addresses of the web the sign is written ``%40``."""
    sign = "@" if "@" in text[start:end] else "%40"
    local, _, domain = text[start:end].rpartition(sign)
    local = local.rpartition(sign)[2]
    start = end - len(local) - len(sign) - len(domain)
    bare = local.lstrip(_LEADING)
    start += len(local) - len(bare)
    if "//" in bare:  # an address of the web with a name and a password in it
        return
    cut = max((bare.rfind(sign) for sign in "/=?#!&|"), default=-1) + 1
    start, bare = start + cut, bare[cut:]
    if not bare or len(bare) > _LONGEST_LOCAL or len(domain) > _LONGEST_DOMAIN or bare.endswith("."):
        return
    head, dot, top = domain.rpartition(".")
    if not dot:
        score = _upi(text, start, bare, domain)
        if score:
            yield Finding("upi", start, end, score)
    elif head and ".." not in domain and _TOP.match(top) and top.lower() not in _FILES:
        if bare == "git" and text[end : end + 1] == ":":
            return
        yield Finding("email", start, end, 0.98)


def _address(shown: str) -> str:
    """The part that is an address, with its zone and its mask when they are right; nothing when none is."""
    bare, slash, mask = shown.partition("/")
    try:
        ip_address(bare)
    except ValueError:
        return ""
    if not slash:
        return bare
    try:
        ip_network(f"{bare.partition('%')[0]}/{mask}", strict=False)
    except ValueError:
        return bare
    return shown


def find_ip(text: str, start: int, end: int) -> Iterator[Finding]:
    """The addresses in a run of digits, letters, colons and dots."""
    shown = text[start:end].rstrip(".")
    if shown.endswith(":") and not shown.endswith("::"):
        shown = shown.rstrip(":")
    if ":" in shown and len(shown) <= 64:
        # "is:10.0.0.1" and "host::1" are not addresses as they stand; "fe80::1text" is none at all.
        found = _address(shown)
        if found and (found.strip(":/0") or context.before(text, start) == "address" or len(text) < 8):
            yield Finding("ip", start, start + len(found), 0.95)
            return
    for match in _V4.finditer(text, start, min(len(text), end + 1)):
        found = _address(match.group())
        before = text[max(0, match.start() - _DIRECTLY) : match.start()]
        if found and not _VERSION.search(before) and not _inside_v6(shown, match.start() - start):
            yield Finding("ip", match.start(), match.start() + len(found), 0.93)
            return


def _inside_v6(shown: str, place: int) -> bool:
    """Whether what stands directly before an IPv4 is the beginning of an IPv6 that is broken, and no word."""
    head = shown[:place]
    return "::" in head and len(re.sub(r"[:0-9A-Fa-f]", "", head)) == 0 and not re.match(r"[A-Za-z]{3}", head)


def find_mac(text: str, start: int, end: int) -> Iterator[Finding]:
    """A run of pairs as a hardware address: six of them, or eight."""
    around = text[max(0, start - 1) : start] + text[end : end + 1]
    if sum(sign.isalnum() for sign in text[start:end]) in {12, 16} and not re.search(r"[0-9A-Za-z:_-]", around):
        yield Finding("mac", start, end, 0.95)
