"""Whom we call: one file or catalogue row for each kind of upstream."""
