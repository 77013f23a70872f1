-- Client time in the window; one row per person and account.
SELECT
    person_id,
    account_id,
    CAST(sum(worked_seconds) AS BIGINT) AS worked_seconds
FROM time_months
WHERE account_id IS NOT NULL
GROUP BY person_id, account_id
