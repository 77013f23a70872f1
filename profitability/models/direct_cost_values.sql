-- Direct costs in home currency; one row per account (null: firm level), month in the window and line of the statement.
-- Each cost line is rounded on its own, half away from zero; one without a known rate counts in unknown_rows alone.
WITH priced AS (
    SELECT
        c.account_id,
        CAST(date_trunc('month', c.cost_date) AS DATE) AS month,
        CASE c.kind
            WHEN 'pass_through' THEN 'pass_through'
            WHEN 'contractor' THEN 'contractors'
            ELSE 'direct_expenses'
        END AS line,
        CAST(c.amount_minor AS HUGEINT)
        * CASE WHEN c.currency = p.home_currency THEN p.fx_one ELSE c.fx_rate_e12 END AS amount_e12,
        p.fx_one
    FROM direct_costs AS c
    CROSS JOIN params AS p
    WHERE c.cost_date BETWEEN p.first_day AND p.as_of
),

rounded AS (
    SELECT
        account_id,
        month,
        line,
        CAST(
            (2 * amount_e12 + CASE WHEN amount_e12 < 0 THEN -fx_one ELSE fx_one END) // (2 * fx_one) AS BIGINT
        ) AS amount_cents
    FROM priced
)

SELECT
    account_id,
    month,
    line,
    CAST(coalesce(sum(amount_cents), 0) AS BIGINT) AS amount_cents,
    CAST(coalesce(sum(abs(amount_cents)), 0) AS BIGINT) AS turnover_cents,
    CAST(sum(CASE WHEN amount_cents IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS unknown_rows
FROM rounded
GROUP BY account_id, month, line
