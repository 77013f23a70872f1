-- Entries by day; each person works for a dozen accounts in a quarter, for some of them most of the time.
WITH placed AS (
    SELECT
        i,
        i * getvariable('days') // getvariable('time_entries') AS day,
        pick(i, 50, getvariable('people')) AS who,
        CAST(floor(12 * pow(u(i, 53), 2)) AS BIGINT) AS place,
        u(i, 51) AS task
    FROM range(getvariable('time_entries')) AS t (i)
)

SELECT
    on_day(day) AS work_date,
    person_name(who) AS person_id,
    CASE
        WHEN task < 0.85 OR u(i, 52) < 0.01
            THEN account_name(pick(who * 1000 + day // 91 * 20 + place, 54, getvariable('accounts')))
    END AS account_id,
    CASE
        WHEN task < 0.7 THEN 'delivery'
        WHEN task < 0.82 THEN 'service'
        WHEN task < 0.85 THEN 'collection'
        WHEN task < 0.9 THEN 'sales'
        WHEN task < 0.96 THEN 'admin'
        WHEN task < 0.98 THEN 'training'
        ELSE 'internal'
    END AS category,
    900 * (1 + pick(i, 55, 8)) AS worked_seconds,
    task >= 0.7 OR u(i, 56) >= 0.01 AS is_category_known
FROM placed
