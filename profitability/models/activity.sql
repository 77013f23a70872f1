-- What is known of each account besides its lines; one row per account with a fact up to the end of the window.
-- hourly_seconds, hourly_labour_cents: time and cost of people who are paid by the hour, which leave with the account.
-- Seconds: time in the window. trusted_ppm_seconds: the same x the share of the person's time that is known (ppm), time
-- in an unknown category counting half. late_cent_days: payments x days late. first_fact, last_active: dates.
WITH facts AS (
    SELECT
        d.account_id,
        least(d.issue_date, coalesce(d.service_start, d.issue_date)) AS first_day,
        d.issue_date AS active_day
    FROM documents AS d
    CROSS JOIN params AS p
    WHERE d.issue_date <= p.as_of
    UNION ALL
    SELECT
        account_id,
        first_worked_on AS first_day,
        last_worked_on AS active_day
    FROM time_months
    UNION ALL
    SELECT
        t.account_id,
        t.work_date AS first_day,
        t.work_date AS active_day
    FROM time_entries AS t
    CROSS JOIN params AS p
    WHERE
        t.work_date < p.first_day
        AND t.worked_seconds > 0
        AND t.category IN ('delivery', 'service', 'collection')
    UNION ALL
    SELECT
        c.account_id,
        c.cost_date AS first_day,
        CAST(NULL AS DATE) AS active_day
    FROM direct_costs AS c
    CROSS JOIN params AS p
    WHERE c.cost_date <= p.as_of
    UNION ALL
    SELECT
        e.account_id,
        e.event_date AS first_day,
        CAST(NULL AS DATE) AS active_day
    FROM events AS e
    CROSS JOIN params AS p
    WHERE e.event_date <= p.as_of AND e.events > 0
),

dates AS (
    SELECT
        account_id,
        min(first_day) AS first_fact,
        max(active_day) AS last_active
    FROM facts
    GROUP BY account_id
),

issued AS (
    SELECT
        d.account_id,
        count(*) AS documents
    FROM documents AS d
    CROSS JOIN params AS p
    WHERE d.issue_date BETWEEN p.first_day AND p.as_of
    GROUP BY d.account_id
),

times AS (
    SELECT
        l.account_id,
        sum(l.worked_seconds) AS worked_seconds,
        sum(CASE WHEN l.category = 'delivery' THEN l.worked_seconds ELSE 0 END) AS delivery_seconds,
        sum(CASE WHEN l.category = 'service' THEN l.worked_seconds ELSE 0 END) AS service_seconds,
        sum(CASE WHEN l.category = 'collection' THEN l.worked_seconds ELSE 0 END) AS collection_seconds,
        sum(CASE WHEN l.is_costed THEN l.worked_seconds ELSE 0 END) AS costed_seconds,
        sum(CASE WHEN l.employment = 'hourly' THEN l.worked_seconds ELSE 0 END) AS hourly_seconds,
        sum(CASE WHEN l.employment = 'hourly' THEN l.amount_cents ELSE 0 END) AS hourly_labour_cents,
        sum(c.time_ppm * (2 * l.worked_seconds - l.unknown_category_seconds) // 2) AS trusted_ppm_seconds
    FROM labour AS l
    INNER JOIN person_coverage AS c ON l.person_id = c.person_id
    GROUP BY l.account_id
),

receivables AS (
    SELECT
        account_id,
        sum(open_cents) AS open_receivable_cents,
        sum(expected_loss_cents) AS closing_ecl_cents
    FROM open_items
    GROUP BY account_id
),

allowances AS (
    SELECT
        account_id,
        sum(amount_cents) AS opening_ecl_cents
    FROM opening_ecl
    GROUP BY account_id
),

payments AS (
    SELECT
        account_id,
        sum(amount_cents) AS paid_cents,
        sum(amount_cents * days_late) AS late_cent_days
    FROM settlement_values
    WHERE kind = 'payment'
    GROUP BY account_id
),

gaps AS (
    SELECT
        account_id,
        count(*) AS missing_rates
    FROM missing_rates
    GROUP BY account_id
),

seen AS (
    SELECT account_id FROM dates
    UNION
    SELECT account_id FROM times
    UNION
    SELECT account_id FROM receivables
    UNION
    SELECT account_id FROM allowances
    UNION
    SELECT account_id FROM payments
    UNION
    SELECT account_id FROM gaps
    UNION
    SELECT account_id FROM account_lines
)

SELECT
    s.account_id,
    d.first_fact,
    d.last_active,
    CAST(coalesce(i.documents, 0) AS BIGINT) AS documents,
    CAST(coalesce(t.worked_seconds, 0) AS BIGINT) AS worked_seconds,
    CAST(coalesce(t.delivery_seconds, 0) AS BIGINT) AS delivery_seconds,
    CAST(coalesce(t.service_seconds, 0) AS BIGINT) AS service_seconds,
    CAST(coalesce(t.collection_seconds, 0) AS BIGINT) AS collection_seconds,
    CAST(coalesce(t.costed_seconds, 0) AS BIGINT) AS costed_seconds,
    CAST(coalesce(t.hourly_seconds, 0) AS BIGINT) AS hourly_seconds,
    CAST(coalesce(t.hourly_labour_cents, 0) AS BIGINT) AS hourly_labour_cents,
    CAST(coalesce(t.trusted_ppm_seconds, 0) AS BIGINT) AS trusted_ppm_seconds,
    CAST(coalesce(r.open_receivable_cents, 0) AS BIGINT) AS open_receivable_cents,
    CAST(coalesce(r.closing_ecl_cents, 0) AS BIGINT) AS closing_ecl_cents,
    CAST(coalesce(o.opening_ecl_cents, 0) AS BIGINT) AS opening_ecl_cents,
    CAST(coalesce(y.paid_cents, 0) AS BIGINT) AS paid_cents,
    CAST(coalesce(y.late_cent_days, 0) AS BIGINT) AS late_cent_days,
    CAST(coalesce(g.missing_rates, 0) AS BIGINT) AS missing_rates
FROM seen AS s
LEFT JOIN dates AS d ON s.account_id = d.account_id
LEFT JOIN issued AS i ON s.account_id = i.account_id
LEFT JOIN times AS t ON s.account_id = t.account_id
LEFT JOIN receivables AS r ON s.account_id = r.account_id
LEFT JOIN allowances AS o ON s.account_id = o.account_id
LEFT JOIN payments AS y ON s.account_id = y.account_id
LEFT JOIN gaps AS g ON s.account_id = g.account_id
WHERE s.account_id IS NOT NULL
