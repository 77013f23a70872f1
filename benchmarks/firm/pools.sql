WITH stated AS (
    SELECT
        'rent' AS pool,
        CAST(60000 AS BIGINT) AS cents_a_head,
        NULL AS from_categories,
        'client_hours' AS driver,
        100000 AS avoidable_ppm
    UNION ALL
    SELECT 'tools', 35000, NULL, 'client_hours', 500000
    UNION ALL
    SELECT 'invoicing', 9000, NULL, 'documents', 600000
    UNION ALL
    SELECT 'leadership', 50000, NULL, 'none', 0
    UNION ALL
    SELECT 'growing', NULL, 'training+internal', 'client_hours', 0
    UNION ALL
    SELECT 'office', NULL, 'admin', 'documents', 0
    UNION ALL
    SELECT 'help_desk', 20000, NULL, 'events', 400000
),

months AS (
    SELECT
        i,
        CAST(getvariable('first_day') + to_months(CAST(i AS INTEGER)) AS DATE) AS month
    FROM range(15) AS t (i)
)

SELECT
    s.pool,
    m.month,
    CAST(s.cents_a_head * getvariable('people') * (1 + 0.1 * sin(m.i)) AS BIGINT) AS amount_cents,
    s.from_categories,
    s.driver,
    s.avoidable_ppm,
    -- In every other month events take more than all the time that is paid for.
    CASE WHEN s.driver = 'events' THEN (1 + m.i % 2 * 2) * 60 * getvariable('events') // 2 END AS practical_seconds
FROM stated AS s
CROSS JOIN months AS m
WHERE s.driver <> 'events' OR getvariable('events') > 0
