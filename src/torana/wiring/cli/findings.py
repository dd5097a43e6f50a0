"""What ``torana doctor`` looks at: one function per thing, each gives a Finding and changes nothing that stays.

It prints nothing. Called by ``doctor.py``.
"""

from __future__ import annotations

import errno
import importlib.metadata
import re
import resource
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from torana.core.clock import SystemClock
from torana.wiring.paths import data_dir
from torana.wiring.settings import Settings

OK, WARN, FAIL = 0, 1, 2
MARKS = ("ok", "warn", "fail")
OLDEST_PYTHON = (3, 11)
ENOUGH_FILES = 4096
"""Two descriptors a stream: 2,000 streams."""
BUILT_AT = 1_760_000_000.0
"""A moment before this code was written: an earlier clock is wrong."""
CONNECT_S = 3.0


class Finding(NamedTuple):
    """One thing looked at: OK, WARN or FAIL, what it is, how it is, and what to do when it is not well."""

    level: int
    what: str
    said: str
    advice: str = ""


def look_at_python() -> Finding:
    """The version of Python."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < OLDEST_PYTHON:
        return Finding(FAIL, "python", version, "Python 3.11 or newer is needed")
    return Finding(OK, "python", version)


def look_at_packages() -> Finding:
    """The packages that ours needs are installed, in versions that it takes at least by their first number."""
    try:
        wanted = importlib.metadata.requires("torana") or []
    except importlib.metadata.PackageNotFoundError:
        return Finding(WARN, "packages", "torana runs from source and is not installed", "pip install -e .")
    missing = []
    for line in wanted:
        match = re.match(r"[A-Za-z0-9._-]+", line)
        if match is None or "extra ==" in line or ("win32" in line and sys.platform != "win32" and "==" in line):
            continue
        try:
            importlib.metadata.version(match[0])
        except importlib.metadata.PackageNotFoundError:
            missing.append(match[0])
    if missing:
        return Finding(FAIL, "packages", f"missing: {', '.join(missing)}", "pip install --upgrade torana")
    return Finding(OK, "packages", f"all {len(wanted)} there")


def look_at_file_limit() -> Finding:
    """How many files, connections among them, a process may have open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < ENOUGH_FILES:
        return Finding(
            WARN, "open files", f"at most {hard}", f"raise the limit: ulimit -n {ENOUGH_FILES}, LimitNOFILE="
        )
    return Finding(OK, "open files", f"{soft} now; raised at the start as far as allowed")


def look_at_clock() -> Finding:
    """The clock is not plainly wrong: expiry, limits and records hang on it."""
    if SystemClock().now() < BUILT_AT:
        return Finding(FAIL, "clock", "it is set to long ago", "set the clock; keys and limits depend on it")
    return Finding(OK, "clock", "plausible")


def look_at_data_dir(settings: Settings) -> Finding:
    """The data folder, or the nearest one above it that exists, can be written."""
    folder = data_dir(settings)
    existing = next((one for one in [folder, *folder.absolute().parents] if one.exists()), Path("/"))
    if not existing.is_dir():
        return Finding(FAIL, "data folder", f"{existing} is a file", "set data_dir to a folder")
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as fault:
        return Finding(FAIL, "data folder", f"{existing}: {fault.strerror}", "make it writable, or set data_dir")
    return Finding(OK, "data folder", str(folder) if folder.exists() else f"{folder} (made at the first start)")


def look_at_port(settings: Settings) -> Finding:
    """The address can be listened on."""
    host, port = settings.server.host, settings.server.port
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as fault:
        advice = {
            errno.EADDRINUSE: "stop what listens there, or choose --port",
            errno.EACCES: "ports below 1024 need a privilege; choose --port 8000",
            errno.EADDRNOTAVAIL: "this machine has no such address; check server.host",
        }.get(fault.errno or 0, "check server.host and server.port")
        return Finding(FAIL, "address", f"{host}:{port}: {fault.strerror}", advice)
    return Finding(OK, "address", f"{host}:{port} is free")


def look_at_providers(settings: Settings) -> Iterator[Finding]:
    """A TCP connection to each provider with an address, closed at once; nothing is sent."""
    for one in settings.providers:
        url = getattr(one.settings, "base_url", None)
        if not isinstance(url, str):
            yield Finding(OK, f"provider {one.id}", "needs no network")
            continue
        parts = urlsplit(url)
        target = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        try:
            with socket.create_connection(target, timeout=CONNECT_S):
                yield Finding(OK, f"provider {one.id}", f"{target[0]}:{target[1]} accepts connections")
        except OSError as fault:
            said = f"{target[0]}:{target[1]}: {fault.strerror or fault}"
            yield Finding(WARN, f"provider {one.id}", said, "check base_url, the network, or whether it runs")
