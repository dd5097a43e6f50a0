"""Fakes shipped with the product: a provider, a clock. Used by tests and load tests, by nothing that serves."""
