-- Pools shared out by largest remainder; one row per pool, month and account.
-- Equal remainders: account id ascending. The shares of a month add up to the pool exactly.
WITH weighed AS (
    SELECT
        a.pool,
        a.month,
        d.account_id,
        CASE WHEN a.amount_cents < 0 THEN -1 ELSE 1 END AS direction,
        abs(a.amount_cents) AS pool_cents,
        CAST(abs(a.amount_cents) AS HUGEINT) * d.weight AS weighed,
        CAST(sum(d.weight) OVER (PARTITION BY a.pool, a.month) AS BIGINT) AS total_weight
    FROM pool_amounts AS a
    INNER JOIN pool_drivers AS d ON a.driver = d.driver AND a.month = d.month
),

shares AS (
    SELECT
        pool,
        month,
        account_id,
        direction,
        CAST(weighed // total_weight AS BIGINT) AS share_cents,
        pool_cents
        - sum(CAST(weighed // total_weight AS BIGINT)) OVER (PARTITION BY pool, month) AS left_over_cents,
        row_number() OVER (
            PARTITION BY pool, month ORDER BY weighed % total_weight DESC, account_id ASC
        ) AS turn
    FROM weighed
)

SELECT
    pool,
    month,
    account_id,
    CAST(direction * (share_cents + CASE WHEN turn <= left_over_cents THEN 1 ELSE 0 END) AS BIGINT) AS amount_cents
FROM shares
