"""Codecs: each dialect to the words of ``core.events`` and back."""
