"""Where things of one installation live, read off its settings: the database, the secrets, the spool.

It creates nothing. Called by ``build``, ``serve`` and the CLI, so that all of them mean the same files.
"""

from __future__ import annotations

from pathlib import Path

from torana.wiring.settings import Settings

DATABASE_NAME = "torana.db"
SECRETS_NAME = "secrets"
SPOOL_NAME = "spool"


def data_dir(settings: Settings) -> Path:
    """The data folder."""
    return Path(settings.data_dir)


def database_url(settings: Settings) -> str:
    """The SQLAlchemy URL of the database: the configured one, else SQLite in the data folder. May hold a password."""
    if settings.database_url:
        return settings.database_url.reveal()
    return f"sqlite:///{data_dir(settings) / DATABASE_NAME}"


def secrets_dir(settings: Settings) -> Path:
    """The folder of generated secrets, for its owner only."""
    return data_dir(settings) / SECRETS_NAME


def spool_dir(settings: Settings) -> Path:
    """The folder of Receipts on their way to the sinks."""
    return data_dir(settings) / SPOOL_NAME
