-- Cost of waiting for money; one row per invoice and month in the window.
-- Sum over the days past due of the balance x yearly cost of capital / days of a year, rounded once, half up.
-- Invoices in dispute cost nothing while the dispute is ours.
WITH stretches AS (
    SELECT
        b.document_id,
        b.account_id,
        m.month,
        CAST(b.balance_cents AS HUGEINT)
        * date_diff('day', greatest(b.after_date, m.day_before), least(b.until_date, m.last_day)) AS cent_days
    FROM balances AS b
    INNER JOIN months AS m ON b.after_date < m.last_day AND b.until_date >= m.month
    WHERE NOT b.is_disputed
)

SELECT
    s.document_id,
    s.account_id,
    s.month,
    CAST(
        (2 * sum(s.cent_days) * max(p.capital_numerator) + max(p.capital_denominator))
        // (2 * max(p.capital_denominator)) AS BIGINT
    ) AS amount_cents
FROM stretches AS s
CROSS JOIN params AS p
GROUP BY s.document_id, s.account_id, s.month
