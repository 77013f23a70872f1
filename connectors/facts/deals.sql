-- Deals that are open or won. Nothing is known of a rate for a deal in another currency: its amount is unknown.
SELECT
    deal_id,
    account_id,
    stage,
    amount_minor AS amount_cents,
    demand_seconds,
    probability_ppm,
    coalesce(starts_on, closes_on) AS starts_on
FROM crm_deals
