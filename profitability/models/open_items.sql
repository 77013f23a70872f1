-- Invoices issued and still open at the end of the window; one row per invoice.
-- open_cents: net, at the document's own rate. expected_loss_cents: open_cents x the share expected to be lost at this
-- many days past due, rounded per document.
WITH reductions AS (
    SELECT
        s.document_id,
        s.gross_minor
    FROM settlements AS s
    CROSS JOIN params AS p
    WHERE s.settled_on <= p.as_of
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
        (
            2 * CAST(o.open_cents AS HUGEINT)
            * CASE
                WHEN o.days_past_due <= 0 THEN p.loss_not_due
                WHEN o.days_past_due <= 30 THEN p.loss_30
                WHEN o.days_past_due <= 60 THEN p.loss_60
                WHEN o.days_past_due <= 90 THEN p.loss_90
                ELSE p.loss_over_90
            END
            + p.loss_denominator
        ) // (2 * p.loss_denominator) AS BIGINT
    ) AS expected_loss_cents
FROM open_now AS o
CROSS JOIN params AS p
