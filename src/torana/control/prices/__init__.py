"""Prices: what deployments cost, and what the catalogue lists."""
