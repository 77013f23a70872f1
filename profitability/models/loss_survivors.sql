-- What became of the invoices of the last 24 months; one row, null where the history is shorter or judges nothing.
-- reached_<bucket>_cents: net, still unpaid as the ageing bucket began; reached_0: all that was owed.
-- never_paid_cents: net, still unpaid at the end of the window, written off or not.
-- An invoice is judged once it is through all buckets but the last, whether it was paid by then or not. Linked credit
-- notes lower what was owed from the start, as they are no credit loss; invoices in dispute are left out; what came in
-- after a write-off is paid all the same.
WITH noted AS (
    SELECT
        n.applies_to AS document_id,
        CAST(sum(n.gross_minor) AS BIGINT) AS noted_minor
    FROM document_values AS n
    CROSS JOIN params AS p
    WHERE n.kind = 'credit_note' AND n.applies_to IS NOT NULL AND n.issue_date <= p.as_of
    GROUP BY n.applies_to
),

history AS (
    SELECT min(issue_date) AS first_issue_date
    FROM documents
),

judged AS (
    SELECT
        d.document_id,
        d.due_date,
        d.net_minor,
        d.gross_minor,
        d.rate_numerator,
        d.rate_denominator,
        d.gross_minor - coalesce(n.noted_minor, 0) AS owed_minor
    FROM document_values AS d
    CROSS JOIN params AS p
    CROSS JOIN history AS h
    LEFT JOIN noted AS n ON d.document_id = n.document_id
    WHERE
        p.uses_own_losses
        AND h.first_issue_date < p.history_first
        AND d.kind = 'invoice'
        AND d.issue_date >= p.history_first
        AND date_diff('day', d.due_date, p.as_of) >= p.after_days_4
        AND d.rate_numerator IS NOT NULL
        AND NOT d.is_disputed
        AND d.gross_minor > coalesce(n.noted_minor, 0)
),

receipts AS (
    SELECT
        j.document_id,
        s.gross_minor,
        date_diff('day', j.due_date, s.settled_on) AS days_late
    FROM judged AS j
    INNER JOIN settlements AS s ON j.document_id = s.document_id
    CROSS JOIN params AS p
    WHERE s.kind IN ('payment', 'recovery') AND s.settled_on <= p.as_of
),

paid AS (
    SELECT
        r.document_id,
        CAST(sum(CASE WHEN r.days_late <= p.after_days_1 THEN r.gross_minor ELSE 0 END) AS BIGINT) AS paid_1,
        CAST(sum(CASE WHEN r.days_late <= p.after_days_2 THEN r.gross_minor ELSE 0 END) AS BIGINT) AS paid_2,
        CAST(sum(CASE WHEN r.days_late <= p.after_days_3 THEN r.gross_minor ELSE 0 END) AS BIGINT) AS paid_3,
        CAST(sum(CASE WHEN r.days_late <= p.after_days_4 THEN r.gross_minor ELSE 0 END) AS BIGINT) AS paid_4,
        CAST(sum(r.gross_minor) AS BIGINT) AS paid_ever
    FROM receipts AS r
    CROSS JOIN params AS p
    GROUP BY r.document_id
),

unpaid AS (
    SELECT
        j.owed_minor,
        greatest(j.owed_minor - coalesce(a.paid_1, 0), 0) AS unpaid_1,
        greatest(j.owed_minor - coalesce(a.paid_2, 0), 0) AS unpaid_2,
        greatest(j.owed_minor - coalesce(a.paid_3, 0), 0) AS unpaid_3,
        greatest(j.owed_minor - coalesce(a.paid_4, 0), 0) AS unpaid_4,
        greatest(j.owed_minor - coalesce(a.paid_ever, 0), 0) AS unpaid_ever,
        2 * CAST(j.net_minor AS HUGEINT) * j.rate_numerator AS share,
        CAST(j.gross_minor AS HUGEINT) * j.rate_denominator AS whole
    FROM judged AS j
    LEFT JOIN paid AS a ON j.document_id = a.document_id
)

SELECT
    CAST(sum((owed_minor * share + whole) // (2 * whole)) AS BIGINT) AS reached_0_cents,
    CAST(sum((unpaid_1 * share + whole) // (2 * whole)) AS BIGINT) AS reached_1_cents,
    CAST(sum((unpaid_2 * share + whole) // (2 * whole)) AS BIGINT) AS reached_2_cents,
    CAST(sum((unpaid_3 * share + whole) // (2 * whole)) AS BIGINT) AS reached_3_cents,
    CAST(sum((unpaid_4 * share + whole) // (2 * whole)) AS BIGINT) AS reached_4_cents,
    CAST(sum((unpaid_ever * share + whole) // (2 * whole)) AS BIGINT) AS never_paid_cents
FROM unpaid
