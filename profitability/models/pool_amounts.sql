-- What each pool costs; one row per pool and month in the window.
-- The amount is given, or it is the internal labour of the categories that the pool names.
SELECT
    o.pool,
    o.month,
    o.driver,
    o.avoidable_ppm,
    o.practical_seconds,
    CAST(coalesce(max(o.amount_cents), sum(l.amount_cents), 0) AS BIGINT) AS amount_cents
FROM pools AS o
INNER JOIN months AS m ON o.month = m.month
LEFT JOIN labour AS l
    ON
        o.month = l.month
        AND l.account_id IS NULL
        AND '+' || o.from_categories || '+' LIKE '%+' || l.category || '+%'
GROUP BY o.pool, o.month, o.driver, o.avoidable_ppm, o.practical_seconds
