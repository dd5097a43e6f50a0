"""What a process stands on before it serves: settings, secrets, log, counters, records, and the parts that outlive a Snapshot.

It listens to nobody and asks the database only where something known of it does not fit. Called by ``serve``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from torana.core.clock import Clock, SystemClock
from torana.line.shadow import Pool
from torana.line.tally import Tally
from torana.records.log import configure_logging
from torana.wiring import paths, peopling, policing
from torana.wiring.available import Available
from torana.wiring.build import Parts
from torana.wiring.caching import Caching, caching_of
from torana.wiring.counting import Counting, counting
from torana.wiring.database import begin
from torana.wiring.environment import Environ, config_path, read_environment
from torana.wiring.filing import Reading, reading_of
from torana.wiring.find import available
from torana.wiring.issuers import Issuers
from torana.wiring.keyring import Keyring, open_keyring
from torana.wiring.live import Live, Stored
from torana.wiring.masking import mask_of
from torana.wiring.misfits import with_remedies
from torana.wiring.networks import open_upstream
from torana.wiring.object_overlay import Misfit
from torana.wiring.objecting import last_objects, laying_of, newest_objects, sealer_for
from torana.wiring.options import ServeOptions
from torana.wiring.post import post_of
from torana.wiring.problems import ConfigError, Place, Problem
from torana.wiring.recording import Logs, Recording
from torana.wiring.settings import Loaded, Mode, Settings, load
from torana.wiring.settings_issuers import own_jwt_secret
from torana.wiring.stored_keys import last_known

NOT_STARTED = "the gateway was not started"


class Ground(NamedTuple):
    """Of one process."""

    loaded: Loaded
    path: Path | None
    read: Callable[[], Loaded]
    """Reads the configuration again. Raises ConfigError."""
    keyring: Keyring
    logs: Logs
    counted: Counting
    recording: Recording
    issuers: Issuers
    caching: Caching
    reading: Reading
    parts: Parts
    live: Live
    url: str
    """Of the database."""


def laid(options: ServeOptions) -> Ground:
    """Lay it. Raises ConfigError."""
    environ = read_environment(Path.cwd())
    plugins = available()
    path = config_path(options.config, environ, Path.cwd())
    mode = Mode(demo=options.demo, dev=options.dev)

    def read() -> Loaded:
        return load(path, read_environment(Path.cwd()), options.overrides, plugins, mode)

    loaded = load(path, environ, options.overrides, plugins, mode)
    settings = loaded.settings
    clock = SystemClock()
    keyring = opened_keyring(settings, environ, options)
    logs = opened_log(settings, keyring, clock)
    log = logs.log
    warn((*loaded.warnings, *keyring.warnings), log)
    tally = Tally()
    counted = counting(settings, post_of(settings, options.worker, options.role), log)
    recording = Recording(settings, clock, tally, logs, counted)
    issuers = Issuers(keyring.jwt_secret, log)
    pool = Pool()
    caching = caching_of(settings, keyring.hash_key, clock, pool, log)
    reading = reading_of(settings)
    parts = Parts(
        clock, open_upstream(settings), counted.counters, recording.recorder, keyring.hash_key, tally,
        journal=recording.journal, issuers=issuers, vault=counted.vault and counted.vault(keyring.hash_key, clock),
        pool=pool, caching=caching.means, files=reading.room,
        laying=laying_of(plugins, sealer_for(settings, environ, log), environ),
    )  # fmt: skip
    live = opened_live(loaded, parts, log, plugins)
    url = paths.database_url(settings)
    begin_database(url)
    return Ground(loaded, path, read, keyring, logs, counted, recording, issuers, caching, reading, parts, live, url)


def opened_live(loaded: Loaded, parts: Parts, log: Any, plugins: Available) -> Live:
    """What serves. Raises ConfigError.

    Objects that were known last and do not fit any more are asked of the database: their secrets may be sealed anew there.
    """
    stored = stored_last(loaded.settings)
    try:
        return Live(loaded, stored, parts, log, plugins)
    except Misfit as refused:
        found = newest_objects(loaded.settings)
        if found is None or list(found) == list(stored.objects):
            raise with_remedies(refused, NOT_STARTED) from None
    except ConfigError as refused:
        raise with_remedies(refused, NOT_STARTED) from None
    try:
        return Live(loaded, stored._replace(objects=found), parts, log, plugins)
    except ConfigError as refused:
        raise with_remedies(refused, NOT_STARTED) from None


def stored_last(settings: Settings) -> Stored:
    """What the database had beside the file when it was read last."""
    data_dir = paths.data_dir(settings)
    return Stored(
        last_known(data_dir), policing.last_known(data_dir), peopling.last_known(data_dir), last_objects(data_dir)
    )


def opened_keyring(settings: Settings, environ: Environ, options: ServeOptions) -> Keyring:
    """The installation's secrets."""
    folder = paths.secrets_dir(settings)
    return open_keyring(folder, environ, dev=options.dev, configured_jwt=own_jwt_secret(settings))


def opened_log(settings: Settings, keyring: Keyring, clock: Clock) -> Logs:
    """The log of the process, masked with a key of the installation."""
    mask = mask_of(settings.audit, keyring.hash_key)
    log = configure_logging(settings.server.log_level, sys.stderr.buffer, clock, mask)
    return Logs(log, sys.stderr.buffer, mask, keyring.audit_key)


def warn(problems: Iterable[Problem], log: Any) -> None:
    """Say what was odd about the configuration and the secrets."""
    for warning in problems:
        log.warning("config.warning", problem=str(warning))


def begin_database(url: str) -> None:
    """See to it that an empty database gets its tables. Raises ConfigError for one of another version, which says what to run."""
    try:
        begin(url)
    except ValueError as fault:
        raise ConfigError([Problem(Place("database"), "", str(fault), "the gateway was not started")]) from fault
