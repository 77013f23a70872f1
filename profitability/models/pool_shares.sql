-- Pools shared out by largest remainder; one row per pool, month and account.
-- Equal remainders: account id ascending. The shares of a month add up to the pool exactly.
-- pool x weight / total weight is taken as (pool // total) x weight + (pool % total) x weight / total: the same number,
-- and no product needs more than 64 bits.
WITH driven AS (
    SELECT
        driver,
        month,
        CAST(sum(weight) AS BIGINT) AS total_weight
    FROM pool_drivers
    GROUP BY driver, month
),

shared AS (
    SELECT
        a.pool,
        a.month,
        a.driver,
        CASE WHEN a.amount_cents < 0 THEN -1 ELSE 1 END AS direction,
        abs(a.amount_cents) AS pool_cents,
        abs(a.amount_cents) // d.total_weight AS whole_cents,
        abs(a.amount_cents) % d.total_weight AS rest_cents,
        d.total_weight
    FROM pool_amounts AS a
    INNER JOIN driven AS d ON a.driver = d.driver AND a.month = d.month
),

shares AS (
    SELECT
        s.pool,
        s.month,
        d.account_id,
        s.direction,
        s.pool_cents,
        s.whole_cents * d.weight + s.rest_cents * d.weight // s.total_weight AS share_cents,
        s.rest_cents * d.weight % s.total_weight AS remainder
    FROM shared AS s
    INNER JOIN pool_drivers AS d ON s.driver = d.driver AND s.month = d.month
),

left_over AS (
    SELECT
        pool,
        month,
        CAST(max(pool_cents) - sum(share_cents) AS BIGINT) AS left_over_cents
    FROM shares
    GROUP BY pool, month
),

ranked AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY pool, month ORDER BY remainder DESC, account_id ASC) AS turn
    FROM shares
)

SELECT
    r.pool,
    r.month,
    r.account_id,
    CAST(
        r.direction * (r.share_cents + CASE WHEN r.turn <= o.left_over_cents THEN 1 ELSE 0 END) AS BIGINT
    ) AS amount_cents
FROM ranked AS r
INNER JOIN left_over AS o ON r.pool = o.pool AND r.month = o.month
