"""The database's schema, its history, and the way from one revision to the next."""
