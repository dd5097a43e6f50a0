"""What the gateway costs, beside nginx and a bare Python proxy in the same run. No tests in here."""
