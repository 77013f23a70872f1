WITH placed AS (
    SELECT
        i,
        pick(i, 45, getvariable('days')) AS day,
        any_account(i, 46) AS who
    FROM range(getvariable('invoices') // 4) AS t (i)
)

SELECT
    on_day(day) AS cost_date,
    CASE WHEN u(i, 40) >= 0.03 THEN account_name(who) END AS account_id,
    ['pass_through', 'contractor', 'expense'][1 + pick(i, 41, 3)] AS kind,
    CASE WHEN u(i, 42) < 0.02 THEN -1 ELSE 1 END * CAST(exp(8.5 + 1.2 * normal(i, 43)) AS BIGINT) AS amount_minor,
    coin_name(coin(who)) AS currency,
    rate(coin(who), day) AS fx_rate_e12
FROM placed
