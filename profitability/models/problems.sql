-- Facts that the figures rest on less than they should; one row per problem and subject.
-- postings: rows of the models concerned, time and cost by month. seconds: time concerned, 0 where none.
WITH settled AS (
    SELECT
        s.document_id,
        sum(s.gross_minor) AS gross_minor,
        CAST(count(*) AS BIGINT) AS postings
    FROM settlements AS s
    CROSS JOIN params AS p
    WHERE s.kind IN ('payment', 'write_off') AND s.settled_on <= p.as_of
    GROUP BY s.document_id
)

SELECT
    'hours_without_rate' AS problem,
    person_id AS subject,
    CAST(count(*) AS BIGINT) AS postings,
    CAST(sum(worked_seconds) AS BIGINT) AS seconds
FROM labour
WHERE valid_from IS NULL AND worked_seconds > 0
GROUP BY person_id
UNION ALL
SELECT
    'unknown_category' AS problem,
    account_id AS subject,
    CAST(count(*) AS BIGINT) AS postings,
    CAST(sum(unknown_category_seconds) AS BIGINT) AS seconds
FROM labour
WHERE unknown_category_seconds > 0
GROUP BY account_id
UNION ALL
SELECT
    'unknown_currency_rate' AS problem,
    source || ' ' || subject AS subject,
    CAST(count(*) AS BIGINT) AS postings,
    0 AS seconds
FROM missing_rates
GROUP BY source, subject
UNION ALL
SELECT
    'note_without_invoice' AS problem,
    n.document_id AS subject,
    1 AS postings,
    0 AS seconds
FROM document_values AS n
CROSS JOIN params AS p
WHERE
    n.kind = 'credit_note'
    AND n.applies_to IS NOT NULL
    AND n.invoice_issue_date IS NULL
    AND n.issue_date BETWEEN p.first_day AND p.as_of
UNION ALL
SELECT
    'settled_beyond_amount' AS problem,
    d.document_id AS subject,
    s.postings,
    0 AS seconds
FROM document_values AS d
INNER JOIN settled AS s ON d.document_id = s.document_id
WHERE d.kind = 'invoice' AND s.gross_minor > d.gross_minor
UNION ALL
SELECT
    'unassigned_cost' AS problem,
    line AS subject,
    CAST(count(*) AS BIGINT) AS postings,
    0 AS seconds
FROM direct_cost_values
WHERE account_id IS NULL
GROUP BY line
UNION ALL
SELECT
    'undriven_pool' AS problem,
    line AS subject,
    CAST(count(*) AS BIGINT) AS postings,
    0 AS seconds
FROM firm_lines
WHERE line LIKE 'unallocated_%'
GROUP BY line
