-- The posted lines of the statement; one row per account, month in the window and line.
-- Costs and credit notes are positive, as they stand in the statement. The movement of the expected loss counts in the
-- last month.
WITH parts AS (
    SELECT
        account_id,
        month,
        line,
        amount_cents
    FROM revenue
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
    UNION ALL
    SELECT
        account_id,
        month,
        'late_financing' AS line,
        amount_cents
    FROM financing
    UNION ALL
    SELECT
        o.account_id,
        p.last_month AS month,
        'ecl_movement' AS line,
        o.expected_loss_cents AS amount_cents
    FROM open_items AS o
    CROSS JOIN params AS p
    UNION ALL
    SELECT
        e.account_id,
        p.last_month AS month,
        'ecl_movement' AS line,
        -e.amount_cents AS amount_cents
    FROM opening_ecl AS e
    CROSS JOIN params AS p
    UNION ALL
    SELECT
        account_id,
        month,
        'write_offs' AS line,
        loss_cents AS amount_cents
    FROM settlement_values
    WHERE kind <> 'payment'
    UNION ALL
    SELECT
        account_id,
        month,
        'alloc_' || pool AS line,
        amount_cents
    FROM pool_shares
)

SELECT
    account_id,
    month,
    line,
    CAST(coalesce(sum(amount_cents), 0) AS BIGINT) AS amount_cents
FROM parts
GROUP BY account_id, month, line
