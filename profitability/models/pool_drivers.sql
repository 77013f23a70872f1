-- What shares the pools out; one row per driver, account and month in the window, weight > 0.
-- client_hours: seconds of every category that carries an account. documents: invoices and credit notes issued.
SELECT
    'client_hours' AS driver,
    account_id,
    month,
    CAST(sum(worked_seconds) AS BIGINT) AS weight
FROM time_months
WHERE account_id IS NOT NULL
GROUP BY account_id, month
HAVING sum(worked_seconds) > 0
UNION ALL
SELECT
    'documents' AS driver,
    d.account_id,
    CAST(date_trunc('month', d.issue_date) AS DATE) AS month,
    count(*) AS weight
FROM documents AS d
CROSS JOIN params AS p
WHERE d.issue_date BETWEEN p.first_day AND p.as_of
GROUP BY d.account_id, CAST(date_trunc('month', d.issue_date) AS DATE)
