-- Documents in home currency; one row per document.
-- net_cents: net at the document's own rate, rounded once, half away from zero; null where that rate is unknown.
-- rate_numerator / rate_denominator: home minor units for one of the document's; 1 / 1 in home currency, so that products
-- with large amounts keep within 128 bits.
-- due_date: never before the issue date.
-- invoice_*: the invoice that a credit note reduces, where it is in the facts; few are, so that they are found first.
WITH rated AS (
    SELECT
        d.*,
        CASE WHEN d.currency = p.home_currency THEN 1 ELSE d.fx_rate_e12 END AS rate_numerator,
        CASE WHEN d.currency = p.home_currency THEN 1 ELSE p.fx_one END AS rate_denominator
    FROM documents AS d
    CROSS JOIN params AS p
),

noted AS (
    SELECT DISTINCT applies_to AS document_id
    FROM documents
    WHERE kind = 'credit_note'
),

reduced AS (
    SELECT
        r.document_id,
        r.issue_date,
        r.rate_numerator,
        r.rate_denominator
    FROM rated AS r
    INNER JOIN noted AS n ON r.document_id = n.document_id
)

SELECT
    d.document_id,
    d.account_id,
    d.kind,
    d.issue_date,
    greatest(d.issue_date, d.due_date) AS due_date,
    d.service_start,
    d.service_end,
    d.net_minor,
    d.gross_minor,
    d.rate_numerator,
    d.rate_denominator,
    d.applies_to,
    d.is_disputed,
    i.issue_date AS invoice_issue_date,
    CASE
        WHEN d.rate_denominator = 1 THEN d.net_minor
        ELSE
            CAST(
                (2 * CAST(d.net_minor AS HUGEINT) * d.rate_numerator + d.rate_denominator)
                // (2 * d.rate_denominator) AS BIGINT
            )
    END AS net_cents,
    CAST(
        (2 * CAST(d.net_minor AS HUGEINT) * i.rate_numerator + i.rate_denominator) // (2 * i.rate_denominator) AS BIGINT
    ) AS net_at_invoice_rate_cents
FROM rated AS d
LEFT JOIN reduced AS i ON d.applies_to = i.document_id AND d.kind = 'credit_note'
