-- Every account of the CRM, and every customer of the books that is no account yet.
SELECT
    crm_accounts.account_id,
    name,
    least(started_on, first_won_on) AS started_on,
    true AS is_matched,
    parent_id,
    owner
FROM crm_accounts
LEFT JOIN (
    SELECT account_id, min(closes_on) AS first_won_on FROM crm_deals WHERE stage = 'won' GROUP BY account_id
) AS wins
    ON wins.account_id = crm_accounts.account_id
UNION ALL
SELECT account_id, name, NULL, false, NULL, NULL FROM unmatched_parties
