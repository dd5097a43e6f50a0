"""Plays for the whole line, and the small world that they and the unit tests of its rooms share."""
