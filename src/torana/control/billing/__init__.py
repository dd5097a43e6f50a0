"""The room of billing: plans, invoices, forecasts, re-rating, reconciliation."""
