"""Budgets: how they stand, and what they would have done."""
