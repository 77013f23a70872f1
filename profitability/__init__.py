"""The pure engine: fact tables in, verdicts out. No network, clock, environment or logging."""

DISTRIBUTION = "whalecurve"
