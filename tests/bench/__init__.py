"""What the gateway costs, beside nginx and a bare Python proxy in the same run. Not a test: nothing here is collected."""
