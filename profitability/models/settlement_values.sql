-- What was settled on invoices in the window, in home currency at the document's own rate; one row per settlement.
-- amount_cents: net share (gross x net / gross of the document), rounded half up. Interest and fees for late payment bear
-- no tax, so that they count in full.
-- loss_cents: the amount where it was given up, less than zero where it came back after that or as a late fee, else 0.
WITH valued AS (
    SELECT
        s.document_id,
        d.account_id,
        s.kind,
        CAST(date_trunc('month', s.settled_on) AS DATE) AS month,
        greatest(date_diff('day', d.due_date, s.settled_on), 0) AS days_late,
        CAST(
            CASE
                WHEN d.gross_minor = 0 AND s.kind <> 'late_fee' THEN 0
                WHEN d.rate_denominator = 1 AND (s.kind = 'late_fee' OR d.net_minor = d.gross_minor) THEN s.gross_minor
                WHEN s.kind = 'late_fee'
                    THEN
                        (2 * CAST(s.gross_minor AS HUGEINT) * d.rate_numerator + d.rate_denominator)
                        // (2 * d.rate_denominator)
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
)

SELECT
    document_id,
    account_id,
    kind,
    month,
    days_late,
    amount_cents,
    CASE
        WHEN kind = 'payment' THEN 0
        WHEN kind = 'write_off' THEN amount_cents
        ELSE -amount_cents
    END AS loss_cents
FROM valued
