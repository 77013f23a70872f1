-- Deals that are open or won. Nothing is known of a rate for a deal in another currency: its amount is unknown.
-- A deal whose account came or went while the CRM was read is demand all the same, and nobody's.
SELECT
    deal_id,
    crm_accounts.account_id,
    stage,
    amount_minor AS amount_cents,
    demand_seconds,
    probability_ppm,
    coalesce(starts_on, closes_on) AS starts_on
FROM crm_deals
LEFT JOIN crm_accounts ON crm_accounts.account_id = crm_deals.account_id
