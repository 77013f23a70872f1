-- How much of a person's time is known; one row per person with time in the window, time_ppm of a million.
-- From the timesheets handed in, where they are stated. Else a salaried person's practical time that was not logged
-- counts as missing, an hourly person is taken as complete (what is not logged is not paid), and a person without any
-- rate counts as unknown.
WITH stated AS (
    SELECT
        person_id,
        CASE
            WHEN submitted_weeks >= expected_weeks THEN 1000000
            ELSE (2000000 * submitted_weeks + expected_weeks) // (2 * expected_weeks)
        END AS time_ppm
    FROM timesheets
),

months_logged AS (
    SELECT
        person_id,
        CAST(logged_seconds AS HUGEINT) AS logged_seconds,
        CAST(practical_numerator // practical_denominator AS HUGEINT) AS practical_seconds
    FROM capacity
),

logged AS (
    SELECT
        person_id,
        CASE
            WHEN sum(logged_seconds) >= sum(practical_seconds) THEN 1000000
            ELSE CAST(1000000 * sum(logged_seconds) // sum(practical_seconds) AS BIGINT)
        END AS time_ppm
    FROM months_logged
    GROUP BY person_id
),

people AS (
    SELECT
        person_id,
        max(CASE WHEN employment = 'hourly' THEN 1000000 ELSE 0 END) AS otherwise_ppm
    FROM labour
    GROUP BY person_id
)

SELECT
    p.person_id,
    CAST(coalesce(s.time_ppm, l.time_ppm, p.otherwise_ppm) AS BIGINT) AS time_ppm
FROM people AS p
LEFT JOIN stated AS s ON p.person_id = s.person_id
LEFT JOIN logged AS l ON p.person_id = l.person_id
