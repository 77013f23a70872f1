-- Time-driven cost of events; one row per pool with driver events, account and month in the window.
-- The month's amount pays for the practical time; an event costs its time x amount / practical time, rounded half away
-- from zero per row (Kaplan & Anderson 2004). Where events take all the practical time or more, the whole amount is
-- shared out by time, by largest remainder (equal remainders: account id ascending), so that no pool is charged twice.
WITH used AS (
    SELECT
        e.pool,
        e.account_id,
        CAST(date_trunc('month', e.event_date) AS DATE) AS month,
        CAST(sum(e.estimated_seconds) AS BIGINT) AS event_seconds
    FROM events AS e
    CROSS JOIN params AS p
    WHERE e.event_date BETWEEN p.first_day AND p.as_of
    GROUP BY e.pool, e.account_id, CAST(date_trunc('month', e.event_date) AS DATE)
),

timed AS (
    SELECT
        a.pool,
        a.month,
        u.account_id,
        u.event_seconds,
        CASE WHEN a.amount_cents < 0 THEN -1 ELSE 1 END AS direction,
        abs(a.amount_cents) AS pool_cents,
        CAST(abs(a.amount_cents) AS HUGEINT) * u.event_seconds AS weighed,
        a.practical_seconds,
        CAST(sum(u.event_seconds) OVER (PARTITION BY a.pool, a.month) AS BIGINT) AS used_seconds
    FROM pool_amounts AS a
    INNER JOIN used AS u ON a.pool = u.pool AND a.month = u.month
    WHERE a.driver = 'events' AND u.event_seconds > 0
),

shares AS (
    SELECT
        *,
        CAST(weighed // used_seconds AS BIGINT) AS share_cents,
        pool_cents
        - sum(CAST(weighed // used_seconds AS BIGINT)) OVER (PARTITION BY pool, month) AS left_over_cents,
        row_number() OVER (PARTITION BY pool, month ORDER BY weighed % used_seconds DESC, account_id ASC) AS turn
    FROM timed
)

SELECT
    pool,
    account_id,
    month,
    event_seconds,
    CAST(
        direction
        * CASE
            WHEN used_seconds < practical_seconds
                THEN (2 * weighed + practical_seconds) // (2 * practical_seconds)
            WHEN turn <= left_over_cents THEN share_cents + 1
            ELSE share_cents
        END AS BIGINT
    ) AS amount_cents
FROM shares
