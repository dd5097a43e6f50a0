"""The way of a Receipt from the line to the spool, the sinks, the metrics and the log."""
