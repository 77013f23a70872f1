-- What was tried with each account; `open` is an outcome that is not there yet.
SELECT account_id, remedy, started AS started_on, ended AS ended_on, nullif(outcome, 'open') AS outcome
FROM remedy
JOIN party_accounts
    ON party_accounts.party_key IS NOT DISTINCT FROM remedy.party_key
    AND party_accounts.party IS NOT DISTINCT FROM remedy.party
