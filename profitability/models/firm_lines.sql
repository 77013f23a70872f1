-- Costs that no account carries; one row per month in the window and line. Costs are positive.
-- unused_<pool>: what a pool with driver events pays for and no event took, cents of rounding included.
WITH shared AS (
    SELECT DISTINCT
        pool,
        month
    FROM pool_shares
),

timed AS (
    SELECT
        pool,
        month,
        sum(amount_cents) AS amount_cents
    FROM event_costs
    GROUP BY pool, month
),

pooled AS (
    SELECT DISTINCT
        l.month,
        l.category
    FROM labour AS l
    INNER JOIN pools AS o
        ON l.month = o.month AND '+' || o.from_categories || '+' LIKE '%+' || l.category || '+%'
    WHERE l.account_id IS NULL
),

parts AS (
    SELECT
        a.month,
        CASE WHEN a.driver = 'none' THEN a.pool ELSE 'unallocated_' || a.pool END AS line,
        a.amount_cents
    FROM pool_amounts AS a
    LEFT JOIN shared AS s ON a.pool = s.pool AND a.month = s.month
    WHERE s.pool IS NULL AND a.driver <> 'events'
    UNION ALL
    SELECT
        a.month,
        'unused_' || a.pool AS line,
        a.amount_cents - coalesce(e.amount_cents, 0) AS amount_cents
    FROM pool_amounts AS a
    LEFT JOIN timed AS e ON a.pool = e.pool AND a.month = e.month
    WHERE a.driver = 'events'
    UNION ALL
    SELECT
        l.month,
        'unpooled_' || l.category AS line,
        l.amount_cents
    FROM labour AS l
    LEFT JOIN pooled AS c ON l.month = c.month AND l.category = c.category
    WHERE l.account_id IS NULL AND c.category IS NULL
    UNION ALL
    SELECT
        month,
        'unassigned_cost' AS line,
        amount_cents
    FROM direct_cost_values
    WHERE account_id IS NULL
    UNION ALL
    SELECT
        month,
        'unused_capacity' AS line,
        amount_cents
    FROM unused_capacity
    UNION ALL
    SELECT
        CAST(date_trunc('month', d.issue_date) AS DATE) AS month,
        'fx_difference' AS line,
        d.net_at_invoice_rate_cents - d.net_cents AS amount_cents
    FROM document_values AS d
    CROSS JOIN params AS p
    WHERE d.kind = 'credit_note' AND d.issue_date BETWEEN p.first_day AND p.as_of
)

SELECT
    month,
    line,
    CAST(sum(amount_cents) AS BIGINT) AS amount_cents
FROM parts
WHERE amount_cents IS NOT NULL AND amount_cents <> 0
GROUP BY month, line
