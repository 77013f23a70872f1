-- What salaried people could work and did log; one row per person and month with a known rate.
-- practical time is practical_numerator / practical_denominator seconds: exact for one span in the month, to the
-- nanosecond where several spans meet in it.
WITH practical AS (
    SELECT
        person_id,
        month,
        sum(payroll_cents) AS payroll_cents,
        CASE
            WHEN count(*) = 1 THEN max(practical_numerator)
            ELSE
                sum(
                    CAST(
                        (2000000000 * CAST(practical_numerator AS HUGEINT) + practical_denominator)
                        // (2 * practical_denominator) AS BIGINT
                    )
                )
        END AS practical_numerator,
        CASE WHEN count(*) = 1 THEN max(practical_denominator) ELSE 1000000000 END AS practical_denominator
    FROM rate_months
    GROUP BY person_id, month
),

logged AS (
    SELECT
        t.person_id,
        t.month,
        sum(t.worked_seconds) AS logged_seconds
    FROM time_months AS t
    INNER JOIN rate_months AS r
        ON t.person_id = r.person_id AND t.valid_from = r.valid_from AND t.month = r.month
    GROUP BY t.person_id, t.month
)

SELECT
    p.person_id,
    p.month,
    CAST(p.payroll_cents AS BIGINT) AS payroll_cents,
    CAST(p.practical_numerator AS BIGINT) AS practical_numerator,
    CAST(p.practical_denominator AS BIGINT) AS practical_denominator,
    CAST(coalesce(l.logged_seconds, 0) AS BIGINT) AS logged_seconds
FROM practical AS p
LEFT JOIN logged AS l ON p.person_id = l.person_id AND p.month = l.month
