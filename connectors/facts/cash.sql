-- Cash at hand by day.
SELECT day, balance_minor AS balance_cents FROM cash
