"""The product's name and version, in one place."""

from __future__ import annotations

NAME = "torana"
VERSION = "0.1.0"
