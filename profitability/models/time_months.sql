-- Time in the window; one row per person, account, category, month and rate span (valid_from null: no rate that day).
-- first_worked_on, last_worked_on: first and last day with time; null where all of it is 0.
-- Sales, admin, training and internal time belongs to the firm, whatever account it names.
WITH placed AS (
    SELECT
        t.person_id,
        t.category,
        t.work_date,
        t.worked_seconds,
        CASE WHEN t.category IN ('delivery', 'service', 'collection') THEN t.account_id END AS account_id,
        CASE WHEN t.is_category_known THEN 0 ELSE t.worked_seconds END AS unknown_category_seconds
    FROM time_entries AS t
    CROSS JOIN params AS p
    WHERE t.work_date BETWEEN p.first_day AND p.as_of
)

SELECT
    t.person_id,
    t.account_id,
    t.category,
    CAST(date_trunc('month', t.work_date) AS DATE) AS month,
    r.valid_from,
    CAST(sum(t.worked_seconds) AS BIGINT) AS worked_seconds,
    CAST(sum(t.unknown_category_seconds) AS BIGINT) AS unknown_category_seconds,
    min(CASE WHEN t.worked_seconds > 0 THEN t.work_date END) AS first_worked_on,
    max(CASE WHEN t.worked_seconds > 0 THEN t.work_date END) AS last_worked_on
FROM placed AS t
LEFT JOIN rate_spans AS r ON t.person_id = r.person_id AND t.work_date BETWEEN r.valid_from AND r.valid_to
GROUP BY t.person_id, t.account_id, t.category, CAST(date_trunc('month', t.work_date) AS DATE), r.valid_from
