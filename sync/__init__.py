"""The nightly job: pull, evaluate, plan, guard, apply, journal, and the command line around it."""

DISTRIBUTION = "whalecurve"
