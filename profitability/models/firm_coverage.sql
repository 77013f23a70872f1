-- What the firm's data cover; one row.
-- revenue: turnover of documents in the window, and the part of matched accounts. cost: direct cost seen, and the part
-- that names a matched account. Settlement rows ever seen tell whether payments are known at all.
WITH parts AS (
    SELECT
        r.amount_cents AS revenue_cents,
        CASE WHEN a.is_matched THEN r.amount_cents ELSE 0 END AS matched_revenue_cents,
        0 AS cost_cents,
        0 AS matched_cost_cents,
        0 AS settlements
    FROM revenue AS r
    INNER JOIN accounts AS a ON r.account_id = a.account_id
    UNION ALL
    SELECT
        0 AS revenue_cents,
        0 AS matched_revenue_cents,
        c.turnover_cents AS cost_cents,
        CASE WHEN a.is_matched THEN c.turnover_cents ELSE 0 END AS matched_cost_cents,
        0 AS settlements
    FROM direct_cost_values AS c
    LEFT JOIN accounts AS a ON c.account_id = a.account_id
    UNION ALL
    SELECT
        0 AS revenue_cents,
        0 AS matched_revenue_cents,
        0 AS cost_cents,
        0 AS matched_cost_cents,
        count(*) AS settlements
    FROM settlements
)

SELECT
    CAST(coalesce(sum(revenue_cents), 0) AS BIGINT) AS revenue_cents,
    CAST(coalesce(sum(matched_revenue_cents), 0) AS BIGINT) AS matched_revenue_cents,
    CAST(coalesce(sum(cost_cents), 0) AS BIGINT) AS cost_cents,
    CAST(coalesce(sum(matched_cost_cents), 0) AS BIGINT) AS matched_cost_cents,
    CAST(coalesce(sum(settlements), 0) AS BIGINT) AS settlements
FROM parts
