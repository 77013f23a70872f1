-- The account statement over the window; one row per account with a posted line.
-- alloc_cents: all shared cost together. quarter_*: the last three months, without credit notes on earlier invoices.
WITH late_notes AS (
    SELECT
        n.account_id,
        sum(n.amount_cents) AS amount_cents
    FROM revenue AS n
    INNER JOIN document_values AS d ON n.document_id = d.document_id
    CROSS JOIN params AS p
    WHERE
        n.line = 'credit_notes'
        AND n.month >= p.quarter_first
        AND d.applies_to IS NOT NULL
        AND (d.invoice_issue_date IS NULL OR d.invoice_issue_date < p.quarter_first)
    GROUP BY n.account_id
),

summed AS (
    SELECT
        l.account_id,
        sum(CASE WHEN l.line = 'gross_billings' THEN l.amount_cents ELSE 0 END) AS gross_billings,
        sum(CASE WHEN l.line = 'credit_notes' THEN l.amount_cents ELSE 0 END) AS credit_notes,
        sum(CASE WHEN l.line = 'pass_through' THEN l.amount_cents ELSE 0 END) AS pass_through,
        sum(CASE WHEN l.line = 'delivery_labour' THEN l.amount_cents ELSE 0 END) AS delivery_labour,
        sum(CASE WHEN l.line = 'contractors' THEN l.amount_cents ELSE 0 END) AS contractors,
        sum(CASE WHEN l.line = 'direct_expenses' THEN l.amount_cents ELSE 0 END) AS direct_expenses,
        sum(CASE WHEN l.line = 'service_labour' THEN l.amount_cents ELSE 0 END) AS service_labour,
        sum(CASE WHEN l.line = 'late_financing' THEN l.amount_cents ELSE 0 END) AS late_financing,
        sum(CASE WHEN l.line = 'late_collection_labour' THEN l.amount_cents ELSE 0 END) AS late_collection_labour,
        sum(CASE WHEN l.line = 'ecl_movement' THEN l.amount_cents ELSE 0 END) AS ecl_movement,
        sum(CASE WHEN l.line = 'write_offs' THEN l.amount_cents ELSE 0 END) AS write_offs,
        sum(CASE WHEN l.line LIKE 'alloc_%' THEN l.amount_cents ELSE 0 END) AS alloc,
        sum(
            CASE
                WHEN l.month < p.quarter_first THEN 0
                WHEN l.line = 'gross_billings' THEN l.amount_cents
                WHEN l.line IN ('credit_notes', 'pass_through') THEN -l.amount_cents
                ELSE 0
            END
        ) AS quarter_agi,
        sum(
            CASE
                WHEN l.month < p.quarter_first THEN 0
                WHEN l.line IN ('delivery_labour', 'contractors', 'direct_expenses', 'service_labour')
                    THEN l.amount_cents
                ELSE 0
            END
        ) AS quarter_cost
    FROM account_lines AS l
    CROSS JOIN params AS p
    GROUP BY l.account_id
),

margins AS (
    SELECT
        s.*,
        s.gross_billings - s.credit_notes AS net_revenue,
        s.gross_billings - s.credit_notes - s.pass_through AS agi,
        s.delivery_labour + s.contractors + s.direct_expenses AS delivery_cost,
        s.late_financing + s.late_collection_labour + s.ecl_movement + s.write_offs AS late_cost,
        s.quarter_agi + coalesce(n.amount_cents, 0) AS quarter_agi_own
    FROM summed AS s
    LEFT JOIN late_notes AS n ON s.account_id = n.account_id
)

SELECT
    account_id,
    CAST(gross_billings AS BIGINT) AS gross_billings_cents,
    CAST(credit_notes AS BIGINT) AS credit_notes_cents,
    CAST(net_revenue AS BIGINT) AS net_revenue_cents,
    CAST(pass_through AS BIGINT) AS pass_through_cents,
    CAST(agi AS BIGINT) AS agi_cents,
    CAST(delivery_labour AS BIGINT) AS delivery_labour_cents,
    CAST(contractors AS BIGINT) AS contractors_cents,
    CAST(direct_expenses AS BIGINT) AS direct_expenses_cents,
    CAST(agi - delivery_cost AS BIGINT) AS cm1_cents,
    CAST(service_labour AS BIGINT) AS service_labour_cents,
    CAST(agi - delivery_cost - service_labour AS BIGINT) AS cm2_cents,
    CAST(late_financing AS BIGINT) AS late_financing_cents,
    CAST(late_collection_labour AS BIGINT) AS late_collection_labour_cents,
    CAST(ecl_movement AS BIGINT) AS ecl_movement_cents,
    CAST(write_offs AS BIGINT) AS write_offs_cents,
    CAST(agi - delivery_cost - service_labour - late_cost AS BIGINT) AS cm3_cents,
    CAST(alloc AS BIGINT) AS alloc_cents,
    CAST(agi - delivery_cost - service_labour - late_cost - alloc AS BIGINT) AS ncp_cents,
    CAST(quarter_agi_own AS BIGINT) AS quarter_agi_cents,
    CAST(quarter_agi_own - quarter_cost AS BIGINT) AS quarter_cm2_cents
FROM margins
