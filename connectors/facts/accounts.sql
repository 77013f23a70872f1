-- Every account of the CRM, and every customer of the books that is no account yet.
SELECT
    crm_accounts.account_id,
    name,
    least(started_on, first_won_on) AS started_on,
    true AS is_matched
FROM crm_accounts
LEFT JOIN (SELECT account_id, min(won_on) AS first_won_on FROM won_deals GROUP BY account_id) AS wins
    ON wins.account_id = crm_accounts.account_id
UNION ALL
SELECT account_id, name, NULL, false FROM unmatched_parties
