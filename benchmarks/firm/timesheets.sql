SELECT
    person_name(i) AS person_id,
    52 AS expected_weeks,
    52 - pick(i, 68, 8) AS submitted_weeks
FROM range(getvariable('people')) AS t (i)
WHERE u(i, 69) < 0.5
