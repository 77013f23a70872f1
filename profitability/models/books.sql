-- The firm's books in the window, straight from what was posted and never through an account; one row per line.
-- ledger lines are what bookkeeping shows; late_financing is imputed, expected loss and write-offs are booked.
WITH shares AS (
    SELECT
        person_id,
        valid_from,
        max(loaded_cents) AS loaded_cents,
        max(span_weight) AS span_weight,
        sum(weight) AS weight
    FROM rate_months
    GROUP BY person_id, valid_from
),

parts AS (
    SELECT
        'net_revenue' AS line,
        CASE WHEN line = 'credit_notes' THEN -amount_cents ELSE amount_cents END AS amount_cents
    FROM revenue
    UNION ALL
    SELECT
        line,
        amount_cents
    FROM direct_cost_values
    UNION ALL
    SELECT
        'payroll' AS line,
        CAST(
            (2 * CAST(loaded_cents AS HUGEINT) * weight + span_weight) // (2 * span_weight) AS BIGINT
        ) AS amount_cents
    FROM shares
    UNION ALL
    SELECT
        'payroll' AS line,
        amount_cents
    FROM labour
    WHERE employment = 'hourly'
    UNION ALL
    SELECT
        'pools' AS line,
        o.amount_cents
    FROM pools AS o
    INNER JOIN months AS m ON o.month = m.month
    WHERE o.amount_cents IS NOT NULL
    UNION ALL
    SELECT
        'late_financing' AS line,
        amount_cents
    FROM financing
    UNION ALL
    SELECT
        'ecl_movement' AS line,
        expected_loss_cents AS amount_cents
    FROM open_items
    UNION ALL
    SELECT
        'ecl_movement' AS line,
        -amount_cents AS amount_cents
    FROM opening_ecl
    UNION ALL
    SELECT
        'write_offs' AS line,
        loss_cents AS amount_cents
    FROM settlement_values
    WHERE kind <> 'payment'
    UNION ALL
    SELECT
        'fx_difference' AS line,
        d.net_at_invoice_rate_cents - d.net_cents AS amount_cents
    FROM document_values AS d
    CROSS JOIN params AS p
    WHERE d.kind = 'credit_note' AND d.issue_date BETWEEN p.first_day AND p.as_of
)

SELECT
    line,
    CAST(coalesce(sum(amount_cents), 0) AS BIGINT) AS amount_cents
FROM parts
GROUP BY line
