-- Cost of waiting for money; one row per invoice and month in the window.
-- Sum over the days past due of the balance x yearly cost of capital / days of a year, rounded once, half up.
-- Invoices in dispute cost nothing while the dispute is ours.
WITH stretches AS (
    SELECT
        b.document_id,
        b.account_id,
        m.month,
        b.balance_cents
        * date_diff('day', greatest(b.after_date, m.day_before), least(b.until_date, m.last_day)) AS cent_days
    FROM balances AS b
    INNER JOIN months AS m ON b.after_date < m.last_day AND b.until_date >= m.month
    WHERE NOT b.is_disputed
),

summed AS (
    SELECT
        document_id,
        account_id,
        month,
        CAST(sum(cent_days) AS BIGINT) AS cent_days
    FROM stretches
    GROUP BY document_id, account_id, month
)

SELECT
    s.document_id,
    s.account_id,
    s.month,
    CAST(
        (2 * CAST(s.cent_days AS HUGEINT) * p.capital_numerator + p.capital_denominator)
        // (2 * p.capital_denominator) AS BIGINT
    ) AS amount_cents
FROM summed AS s
CROSS JOIN params AS p
