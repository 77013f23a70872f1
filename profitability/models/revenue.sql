-- Revenue as posted; one row per document and month in the window.
-- An invoice with a service period is spread over it by days; cents left over by rounding down go to the months with
-- the largest remainder (the earlier month where equal), so that the parts add up to the document.
-- net x days / all days is taken as (net // all) x days + (net % all) x days / all: the same number, within 64 bits.
-- Everything else counts in the month of its issue date.
WITH spread AS (
    SELECT
        d.document_id,
        d.account_id,
        c.month,
        d.net_cents,
        date_diff('day', greatest(d.service_start, c.month), least(d.service_end, c.last_day)) + 1 AS month_days,
        date_diff('day', d.service_start, d.service_end) + 1 AS service_days
    FROM document_values AS d
    CROSS JOIN params AS p
    INNER JOIN calendar AS c ON d.service_start <= c.last_day AND d.service_end >= c.month
    WHERE
        d.kind = 'invoice'
        AND d.net_cents IS NOT NULL
        AND d.service_end >= p.first_day
        AND d.service_start <= p.as_of
),

floored AS (
    SELECT
        document_id,
        account_id,
        month,
        net_cents,
        net_cents // service_days * month_days + net_cents % service_days * month_days // service_days AS share_cents,
        net_cents % service_days * month_days % service_days AS remainder
    FROM spread
),

-- Both windows have one order, so that the rows are sorted once.
shares AS (
    SELECT
        document_id,
        account_id,
        month,
        share_cents,
        net_cents - sum(share_cents) OVER (
            PARTITION BY document_id ORDER BY remainder DESC, month ASC
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS left_over_cents,
        row_number() OVER (PARTITION BY document_id ORDER BY remainder DESC, month ASC) AS turn
    FROM floored
)

SELECT
    s.document_id,
    s.account_id,
    s.month,
    'gross_billings' AS line,
    CAST(s.share_cents + CASE WHEN s.turn <= s.left_over_cents THEN 1 ELSE 0 END AS BIGINT) AS amount_cents
FROM shares AS s
INNER JOIN months AS m ON s.month = m.month
UNION ALL
SELECT
    d.document_id,
    d.account_id,
    CAST(date_trunc('month', d.issue_date) AS DATE) AS month,
    CASE WHEN d.kind = 'invoice' THEN 'gross_billings' ELSE 'credit_notes' END AS line,
    d.net_cents AS amount_cents
FROM document_values AS d
CROSS JOIN params AS p
WHERE
    d.net_cents IS NOT NULL
    AND d.issue_date BETWEEN p.first_day AND p.as_of
    AND (d.kind = 'credit_note' OR d.service_start IS NULL OR d.service_end IS NULL)
