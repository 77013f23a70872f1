-- One row per account with a fact up to the end of the window: who it is, its statement, its activity.
-- Lines without a posting are 0. Ordered by account id only on fetching.
-- estimated_service_cents: the part of service labour that is the time of events, not logged time.
-- avoidable_alloc_ppm_cents: what pools charge, as shared cost or for events, x the share of the pool that would go with
-- the account (cents x 10^6).
WITH charges AS (
    SELECT
        s.account_id,
        0 AS estimated_cents,
        s.amount_cents * a.avoidable_ppm AS avoidable_ppm_cents
    FROM pool_shares AS s
    INNER JOIN pool_amounts AS a ON s.pool = a.pool AND s.month = a.month
    UNION ALL
    SELECT
        e.account_id,
        e.amount_cents AS estimated_cents,
        e.amount_cents * a.avoidable_ppm AS avoidable_ppm_cents
    FROM event_costs AS e
    INNER JOIN pool_amounts AS a ON e.pool = a.pool AND e.month = a.month
),

charged AS (
    SELECT
        account_id,
        CAST(sum(estimated_cents) AS BIGINT) AS estimated_service_cents,
        CAST(sum(avoidable_ppm_cents) AS BIGINT) AS avoidable_alloc_ppm_cents
    FROM charges
    GROUP BY account_id
)

SELECT
    a.account_id,
    c.name,
    c.is_matched,
    least(coalesce(c.started_on, a.first_fact), coalesce(a.first_fact, c.started_on)) AS started_on,
    a.last_active,
    coalesce(s.gross_billings_cents, 0) AS gross_billings_cents,
    coalesce(s.credit_notes_cents, 0) AS credit_notes_cents,
    coalesce(s.net_revenue_cents, 0) AS net_revenue_cents,
    coalesce(s.pass_through_cents, 0) AS pass_through_cents,
    coalesce(s.agi_cents, 0) AS agi_cents,
    coalesce(s.delivery_labour_cents, 0) AS delivery_labour_cents,
    coalesce(s.contractors_cents, 0) AS contractors_cents,
    coalesce(s.direct_expenses_cents, 0) AS direct_expenses_cents,
    coalesce(s.cm1_cents, 0) AS cm1_cents,
    coalesce(s.service_labour_cents, 0) AS service_labour_cents,
    coalesce(g.estimated_service_cents, 0) AS estimated_service_cents,
    coalesce(s.cm2_cents, 0) AS cm2_cents,
    coalesce(s.late_financing_cents, 0) AS late_financing_cents,
    coalesce(s.late_collection_labour_cents, 0) AS late_collection_labour_cents,
    coalesce(s.ecl_movement_cents, 0) AS ecl_movement_cents,
    coalesce(s.write_offs_cents, 0) AS write_offs_cents,
    coalesce(s.cm3_cents, 0) AS cm3_cents,
    coalesce(s.alloc_cents, 0) AS alloc_cents,
    coalesce(g.avoidable_alloc_ppm_cents, 0) AS avoidable_alloc_ppm_cents,
    coalesce(s.ncp_cents, 0) AS ncp_cents,
    coalesce(s.quarter_agi_cents, 0) AS quarter_agi_cents,
    coalesce(s.quarter_cm2_cents, 0) AS quarter_cm2_cents,
    a.documents,
    a.worked_seconds,
    a.delivery_seconds,
    a.service_seconds,
    a.collection_seconds,
    a.costed_seconds,
    a.hourly_seconds,
    a.hourly_labour_cents,
    a.trusted_ppm_seconds,
    a.open_receivable_cents,
    a.closing_ecl_cents,
    a.opening_ecl_cents,
    a.paid_cents,
    a.late_cent_days,
    a.missing_rates,
    t.contracted_seconds
FROM activity AS a
INNER JOIN accounts AS c ON a.account_id = c.account_id
LEFT JOIN statement AS s ON a.account_id = s.account_id
LEFT JOIN charged AS g ON a.account_id = g.account_id
LEFT JOIN contracts AS t ON a.account_id = t.account_id
