-- The loss allowance with which each account enters the window.
SELECT account_id, CAST(sum(amount_minor) AS BIGINT) AS amount_cents
FROM opening_ecl
JOIN party_accounts
    ON party_accounts.party_key IS NOT DISTINCT FROM opening_ecl.party_key
    AND party_accounts.party IS NOT DISTINCT FROM opening_ecl.party
GROUP BY account_id
