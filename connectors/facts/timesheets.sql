-- Weeks due and handed in.
SELECT
    person_id,
    CAST(sum(expected_weeks) AS BIGINT) AS expected_weeks,
    CAST(sum(submitted_weeks) AS BIGINT) AS submitted_weeks
FROM timesheet
JOIN people ON people.person = timesheet.person
GROUP BY person_id
