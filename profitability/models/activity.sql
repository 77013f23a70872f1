-- What is known of each account besides its lines; one row per account with a fact up to the end of the window.
-- Seconds: time in the window. trusted_ppm_seconds: the same x the share of the person's time that is known (ppm), time
-- in an unknown category counting half. late_cent_days: payments x days late. first_fact, last_active: dates.
WITH parts AS (
    SELECT
        d.account_id,
        least(d.issue_date, coalesce(d.service_start, d.issue_date)) AS first_fact,
        d.issue_date AS last_active,
        CASE WHEN d.issue_date >= p.first_day THEN 1 ELSE 0 END AS documents,
        0 AS worked_seconds,
        0 AS delivery_seconds,
        0 AS service_seconds,
        0 AS collection_seconds,
        0 AS costed_seconds,
        0 AS trusted_ppm_seconds,
        0 AS open_receivable_cents,
        0 AS closing_ecl_cents,
        0 AS opening_ecl_cents,
        0 AS paid_cents,
        0 AS late_cent_days,
        0 AS missing_rates
    FROM documents AS d
    CROSS JOIN params AS p
    WHERE d.issue_date <= p.as_of
    UNION ALL
    SELECT t.account_id, min(t.work_date), max(t.work_date), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    FROM time_entries AS t
    CROSS JOIN params AS p
    WHERE
        t.work_date <= p.as_of
        AND t.worked_seconds > 0
        AND t.category IN ('delivery', 'service', 'collection')
    GROUP BY t.account_id
    UNION ALL
    SELECT
        l.account_id,
        CAST(NULL AS DATE),
        CAST(NULL AS DATE),
        0,
        l.worked_seconds,
        CASE WHEN l.category = 'delivery' THEN l.worked_seconds ELSE 0 END,
        CASE WHEN l.category = 'service' THEN l.worked_seconds ELSE 0 END,
        CASE WHEN l.category = 'collection' THEN l.worked_seconds ELSE 0 END,
        CASE WHEN l.is_costed THEN l.worked_seconds ELSE 0 END,
        c.time_ppm * (2 * l.worked_seconds - l.unknown_category_seconds) // 2,
        0, 0, 0, 0, 0, 0
    FROM labour AS l
    INNER JOIN person_coverage AS c ON l.person_id = c.person_id
    WHERE l.account_id IS NOT NULL
    UNION ALL
    SELECT c.account_id, c.cost_date, CAST(NULL AS DATE), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    FROM direct_costs AS c
    CROSS JOIN params AS p
    WHERE c.account_id IS NOT NULL AND c.cost_date <= p.as_of
    UNION ALL
    SELECT
        account_id,
        CAST(NULL AS DATE),
        CAST(NULL AS DATE),
        0, 0, 0, 0, 0, 0, 0,
        coalesce(open_cents, 0),
        coalesce(expected_loss_cents, 0),
        0, 0, 0, 0
    FROM open_items
    UNION ALL
    SELECT account_id, CAST(NULL AS DATE), CAST(NULL AS DATE), 0, 0, 0, 0, 0, 0, 0, 0, 0, amount_cents, 0, 0, 0
    FROM opening_ecl
    UNION ALL
    SELECT
        account_id,
        CAST(NULL AS DATE),
        CAST(NULL AS DATE),
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        coalesce(amount_cents, 0),
        coalesce(amount_cents, 0) * days_late,
        0
    FROM settlement_values
    WHERE kind = 'payment'
    UNION ALL
    SELECT account_id, CAST(NULL AS DATE), CAST(NULL AS DATE), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
    FROM missing_rates
    WHERE account_id IS NOT NULL
    UNION ALL
    SELECT DISTINCT
        account_id,
        CAST(NULL AS DATE),
        CAST(NULL AS DATE),
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    FROM account_lines
)

SELECT
    account_id,
    min(first_fact) AS first_fact,
    max(last_active) AS last_active,
    CAST(sum(documents) AS BIGINT) AS documents,
    CAST(sum(worked_seconds) AS BIGINT) AS worked_seconds,
    CAST(sum(delivery_seconds) AS BIGINT) AS delivery_seconds,
    CAST(sum(service_seconds) AS BIGINT) AS service_seconds,
    CAST(sum(collection_seconds) AS BIGINT) AS collection_seconds,
    CAST(sum(costed_seconds) AS BIGINT) AS costed_seconds,
    CAST(sum(trusted_ppm_seconds) AS BIGINT) AS trusted_ppm_seconds,
    CAST(sum(open_receivable_cents) AS BIGINT) AS open_receivable_cents,
    CAST(sum(closing_ecl_cents) AS BIGINT) AS closing_ecl_cents,
    CAST(sum(opening_ecl_cents) AS BIGINT) AS opening_ecl_cents,
    CAST(sum(paid_cents) AS BIGINT) AS paid_cents,
    CAST(sum(late_cent_days) AS BIGINT) AS late_cent_days,
    CAST(sum(missing_rates) AS BIGINT) AS missing_rates
FROM parts
GROUP BY account_id
