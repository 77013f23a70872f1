-- Payments and write-offs on invoices in the window; one row per settlement.
-- amount_cents: net share (gross x net / gross of the document) at the document's own rate, rounded half up.
SELECT
    s.document_id,
    d.account_id,
    s.kind,
    CAST(date_trunc('month', s.settled_on) AS DATE) AS month,
    greatest(date_diff('day', d.due_date, s.settled_on), 0) AS days_late,
    CAST(
        CASE
            WHEN d.gross_minor = 0 THEN 0
            ELSE
                (
                    2 * CAST(s.gross_minor AS HUGEINT) * d.net_minor * d.rate_numerator
                    + CAST(d.gross_minor AS HUGEINT) * d.rate_denominator
                ) // (2 * CAST(d.gross_minor AS HUGEINT) * d.rate_denominator)
        END AS BIGINT
    ) AS amount_cents
FROM settlements AS s
INNER JOIN document_values AS d ON s.document_id = d.document_id
CROSS JOIN params AS p
WHERE d.kind = 'invoice' AND s.settled_on BETWEEN p.first_day AND p.as_of
