-- Hours of one person on one day for one account (or none) in one category.
SELECT
    work_date,
    person_id,
    account_id,
    category,
    CAST(sum(worked_seconds) AS BIGINT) AS worked_seconds,
    is_category_known
FROM time_entry
JOIN people ON people.person = time_entry.person
JOIN task_categories
    ON task_categories.is_internal = (time_entry.party_key IS NULL AND time_entry.party IS NULL)
    AND task_categories.task IS NOT DISTINCT FROM time_entry.task
    AND task_categories.project IS NOT DISTINCT FROM time_entry.project
    AND task_categories.tags IS NOT DISTINCT FROM time_entry.tags
LEFT JOIN party_accounts
    ON party_accounts.party_key IS NOT DISTINCT FROM time_entry.party_key
    AND party_accounts.party IS NOT DISTINCT FROM time_entry.party
GROUP BY work_date, person_id, account_id, category, is_category_known
