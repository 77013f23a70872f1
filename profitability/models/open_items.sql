-- Invoices issued and still open at the end of the window; one row per invoice.
-- open_cents: net, at the document's own rate. expected_loss_cents: open_cents x the loss rate of its ageing bucket,
-- rounded half up per document (IFRS 9 B5.5.35, provision matrix).
WITH reductions AS (
    SELECT
        s.document_id,
        s.gross_minor
    FROM settlements AS s
    CROSS JOIN params AS p
    WHERE s.settled_on <= p.as_of AND s.kind IN ('payment', 'write_off')
    UNION ALL
    SELECT
        d.applies_to AS document_id,
        d.gross_minor
    FROM document_values AS d
    CROSS JOIN params AS p
    WHERE d.kind = 'credit_note' AND d.applies_to IS NOT NULL AND d.issue_date <= p.as_of
),

reduced AS (
    SELECT
        document_id,
        CAST(sum(gross_minor) AS BIGINT) AS reduced_minor
    FROM reductions
    GROUP BY document_id
),

open_now AS (
    SELECT
        d.document_id,
        d.account_id,
        date_diff('day', d.due_date, p.as_of) AS days_past_due,
        CAST(
            (
                2 * CAST(d.gross_minor - coalesce(r.reduced_minor, 0) AS HUGEINT) * d.net_minor * d.rate_numerator
                + CAST(d.gross_minor AS HUGEINT) * d.rate_denominator
            ) // (2 * CAST(d.gross_minor AS HUGEINT) * d.rate_denominator) AS BIGINT
        ) AS open_cents
    FROM document_values AS d
    CROSS JOIN params AS p
    LEFT JOIN reduced AS r ON d.document_id = r.document_id
    WHERE d.kind = 'invoice' AND d.issue_date <= p.as_of AND coalesce(r.reduced_minor, 0) < d.gross_minor
)

SELECT
    o.document_id,
    o.account_id,
    o.days_past_due,
    o.open_cents,
    CAST(
        (2 * CAST(o.open_cents AS HUGEINT) * r.loss_numerator + r.loss_denominator)
        // (2 * CAST(r.loss_denominator AS HUGEINT)) AS BIGINT
    ) AS expected_loss_cents
FROM open_now AS o
INNER JOIN loss_rates AS r ON o.days_past_due > r.after_days AND o.days_past_due <= r.until_days
