"""Prices: from the configuration, from the catalogue, in the installation's currency."""
