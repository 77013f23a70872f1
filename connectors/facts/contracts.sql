-- Hours agreed for a year, of the contracts in force at the end of the window (of the facts, where none is given).
SELECT account_id, CAST(sum(contracted_hours_seconds) AS BIGINT) AS contracted_seconds
FROM contract
CROSS JOIN params
JOIN party_accounts
    ON party_accounts.party_key IS NOT DISTINCT FROM contract.party_key
    AND party_accounts.party IS NOT DISTINCT FROM contract.party
WHERE coalesce("start" <= coalesce(window_end, last_day(last_month)), true)
    AND coalesce("end" >= coalesce(window_end, last_day(last_month)), true)
GROUP BY account_id
