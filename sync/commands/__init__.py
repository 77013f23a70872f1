"""One module per command: parse, call, print. Heavy imports stay inside the functions (`--help` must start fast)."""
