-- The posted lines of the statement; one row per account, month in the window and line.
-- Costs and credit notes are positive, as they stand in the statement. The movement of the expected loss counts in the
-- last month. No two parts below have a line in common, so that each is summed on its own.
WITH worked AS (
    SELECT
        account_id,
        month,
        CASE category
            WHEN 'delivery' THEN 'delivery_labour'
            WHEN 'service' THEN 'service_labour'
            ELSE 'late_collection_labour'
        END AS line,
        amount_cents
    FROM labour
    WHERE account_id IS NOT NULL
    UNION ALL
    SELECT
        account_id,
        month,
        'service_labour' AS line,
        amount_cents
    FROM event_costs
),

losses AS (
    SELECT
        account_id,
        expected_loss_cents AS amount_cents
    FROM open_items
    UNION ALL
    SELECT
        account_id,
        -amount_cents AS amount_cents
    FROM opening_ecl
)

SELECT
    account_id,
    month,
    line,
    CAST(sum(amount_cents) AS BIGINT) AS amount_cents
FROM revenue
GROUP BY account_id, month, line
UNION ALL
SELECT
    account_id,
    month,
    line,
    amount_cents
FROM direct_cost_values
WHERE account_id IS NOT NULL
UNION ALL
SELECT
    account_id,
    month,
    line,
    CAST(sum(amount_cents) AS BIGINT) AS amount_cents
FROM worked
GROUP BY account_id, month, line
UNION ALL
SELECT
    account_id,
    month,
    'late_financing' AS line,
    CAST(sum(amount_cents) AS BIGINT) AS amount_cents
FROM financing
GROUP BY account_id, month
UNION ALL
SELECT
    l.account_id,
    p.last_month AS month,
    'ecl_movement' AS line,
    CAST(coalesce(sum(l.amount_cents), 0) AS BIGINT) AS amount_cents
FROM losses AS l
CROSS JOIN params AS p
GROUP BY l.account_id, p.last_month
UNION ALL
SELECT
    account_id,
    month,
    'write_offs' AS line,
    CAST(coalesce(sum(loss_cents), 0) AS BIGINT) AS amount_cents
FROM settlement_values
WHERE kind <> 'payment'
GROUP BY account_id, month
UNION ALL
SELECT
    account_id,
    month,
    'alloc_' || pool AS line,
    amount_cents
FROM pool_shares
