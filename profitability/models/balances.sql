-- Invoices past their terms; one row per invoice and stretch of days with the same balance.
-- The balance holds on the days after after_date, up to and including until_date: the day of payment still counts.
-- It is net (gross x net / gross of the document) at the document's own rate, rounded half up; never below zero.
-- Payments, write-offs and linked credit notes lower it. What came in beside it or after it was written off does not.
WITH reductions AS (
    SELECT
        document_id,
        settled_on AS reduced_on,
        gross_minor
    FROM settlements
    WHERE kind IN ('payment', 'write_off')
    UNION ALL
    SELECT
        applies_to AS document_id,
        issue_date AS reduced_on,
        gross_minor
    FROM document_values
    WHERE kind = 'credit_note' AND applies_to IS NOT NULL
),

overdue AS (
    SELECT
        d.document_id,
        d.due_date,
        d.gross_minor
    FROM document_values AS d
    CROSS JOIN params AS p
    WHERE d.kind = 'invoice' AND d.due_date < p.as_of AND d.rate_numerator IS NOT NULL
),

steps AS (
    SELECT
        document_id,
        due_date AS after_date,
        gross_minor,
        0 AS reduced_minor
    FROM overdue
    UNION ALL
    SELECT
        d.document_id,
        greatest(r.reduced_on, d.due_date) AS after_date,
        d.gross_minor,
        r.gross_minor AS reduced_minor
    FROM overdue AS d
    INNER JOIN reductions AS r ON d.document_id = r.document_id
    CROSS JOIN params AS p
    WHERE r.reduced_on < p.as_of
),

running AS (
    SELECT
        document_id,
        after_date,
        gross_minor,
        lead(after_date) OVER (PARTITION BY document_id ORDER BY after_date ASC, reduced_minor ASC) AS next_date,
        CAST(
            sum(reduced_minor) OVER (
                PARTITION BY document_id ORDER BY after_date ASC, reduced_minor ASC
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS BIGINT
        ) AS reduced_minor
    FROM steps
),

-- Of several steps on one day only the last one lasts.
stretches AS (
    SELECT
        r.document_id,
        r.after_date,
        coalesce(r.next_date, p.as_of) AS until_date,
        r.gross_minor - r.reduced_minor AS open_minor
    FROM running AS r
    CROSS JOIN params AS p
    WHERE
        r.reduced_minor < r.gross_minor
        AND coalesce(r.next_date, p.as_of) > r.after_date
        AND coalesce(r.next_date, p.as_of) >= p.first_day
)

SELECT
    d.document_id,
    d.account_id,
    d.is_disputed,
    s.after_date,
    s.until_date,
    CASE
        WHEN d.rate_denominator = 1 AND d.net_minor = d.gross_minor THEN s.open_minor
        ELSE
            CAST(
                (
                    2 * CAST(s.open_minor AS HUGEINT) * d.net_minor * d.rate_numerator
                    + CAST(d.gross_minor AS HUGEINT) * d.rate_denominator
                ) // (2 * CAST(d.gross_minor AS HUGEINT) * d.rate_denominator) AS BIGINT
            )
    END AS balance_cents
FROM stretches AS s
INNER JOIN document_values AS d ON s.document_id = d.document_id
