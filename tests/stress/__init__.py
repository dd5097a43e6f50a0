"""Money and limits under load, kills and lost services: the long form by ``make stress``, a short one among the tests."""
