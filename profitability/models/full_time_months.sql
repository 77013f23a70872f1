-- `time_months` as if every week due had been handed in: a person's time x expected / submitted weeks, rounded half up
-- per row. A person whose weeks are not stated, or who handed in none, stays as logged: there is nothing to go by.
SELECT
    t.person_id,
    t.account_id,
    t.category,
    t.month,
    t.valid_from,
    CAST(
        CASE
            WHEN s.person_id IS NULL THEN t.worked_seconds
            ELSE
                (2 * CAST(t.worked_seconds AS HUGEINT) * s.expected_weeks + s.submitted_weeks)
                // (2 * s.submitted_weeks)
        END AS BIGINT
    ) AS worked_seconds,
    CAST(
        CASE
            WHEN s.person_id IS NULL THEN t.unknown_category_seconds
            ELSE
                (2 * CAST(t.unknown_category_seconds AS HUGEINT) * s.expected_weeks + s.submitted_weeks)
                // (2 * s.submitted_weeks)
        END AS BIGINT
    ) AS unknown_category_seconds,
    t.first_worked_on,
    t.last_worked_on
FROM time_months AS t
LEFT JOIN timesheets AS s
    ON t.person_id = s.person_id AND s.submitted_weeks > 0 AND s.submitted_weeks < s.expected_weeks
