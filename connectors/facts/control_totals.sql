-- What the books say of the window: the totals whose periods fill it without a gap. Others speak of other days.
SELECT line, CAST(sum(amount_minor) AS BIGINT) AS amount_cents
FROM control_total
CROSS JOIN params
WHERE window_start IS NULL OR (period_start >= window_start AND period_end <= window_end)
GROUP BY line, window_start, window_end
HAVING window_start IS NULL
    OR sum(datediff('day', period_start, period_end) + 1) = datediff('day', window_start, window_end) + 1
