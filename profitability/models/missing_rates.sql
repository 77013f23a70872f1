-- What has no known exchange rate although it bears on the window; one row per fact, account_id null at firm level.
SELECT
    'documents' AS source,
    d.document_id AS subject,
    d.account_id
FROM document_values AS d
CROSS JOIN params AS p
WHERE
    d.rate_numerator IS NULL
    AND (
        d.issue_date BETWEEN p.first_day AND p.as_of
        OR (d.service_end >= p.first_day AND d.service_start <= p.as_of)
    )
UNION
SELECT
    'documents' AS source,
    document_id AS subject,
    account_id
FROM open_items
WHERE open_cents IS NULL
UNION
SELECT
    'documents' AS source,
    document_id AS subject,
    account_id
FROM settlement_values
WHERE amount_cents IS NULL
UNION
SELECT
    'direct_costs' AS source,
    line AS subject,
    account_id
FROM direct_cost_values
WHERE unknown_rows > 0
UNION
SELECT
    'cost_rates' AS source,
    person_id AS subject,
    account_id
FROM labour
WHERE is_currency_unknown
UNION
SELECT
    'cost_rates' AS source,
    r.person_id AS subject,
    CAST(NULL AS VARCHAR) AS account_id
FROM rate_spans AS r
CROSS JOIN params AS p
WHERE r.rate_e12 IS NULL AND r.valid_from <= p.as_of AND r.valid_to >= p.first_day
