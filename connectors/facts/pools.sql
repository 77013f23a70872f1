-- Shared costs by month: those that the pools template states, and the postings that the GL map sends to a pool.
-- A span without a first or last day holds as far as the facts reach; a part of a month costs by its days, half up.
WITH spans AS (
    SELECT
        pool,
        monthly_amount_minor,
        from_categories,
        driver,
        coalesce(CAST(CAST(avoidable_share AS DECIMAL(18, 9)) * 1000000 AS BIGINT), 0) AS avoidable_ppm,
        coalesce(valid_from, first_month) AS first_day,
        least(valid_to, last_day(last_month)) AS last_day
    FROM pool
    CROSS JOIN params
), stated AS (
    SELECT
        *,
        unnest(generate_series(date_trunc('month', first_day), last_day, INTERVAL 1 MONTH)) AS month
    FROM spans
    WHERE monthly_amount_minor IS NOT NULL OR from_categories IS NOT NULL
), days AS (
    SELECT
        *,
        day(last_day(month)) AS month_days,
        1 + datediff('day', greatest(first_day, CAST(month AS DATE)), least(last_day, last_day(month))) AS held_days
    FROM stated
), posted AS (
    SELECT
        substr(use, 6) AS pool,
        date_trunc('month', line_date) AS month,
        sum(sign(amount_minor) * ((2 * abs(amount_minor::HUGEINT) * fx_rate_e12 + 1000000000000) // 2000000000000))
            AS amount_cents
    FROM gl_line
    JOIN gl_uses
        ON gl_uses.gl_account = gl_line.gl_account
        AND gl_uses.supplier IS NOT DISTINCT FROM gl_line.supplier
    JOIN fx_rates
        ON fx_rates.currency IS NOT DISTINCT FROM gl_line.currency
        AND fx_rates.fx_rate IS NOT DISTINCT FROM gl_line.fx_rate
    WHERE use LIKE 'pool:%'
    GROUP BY ALL
), definitions AS (
    SELECT pool, max_by(driver, first_day) AS driver, max_by(avoidable_ppm, first_day) AS avoidable_ppm
    FROM spans
    GROUP BY pool
)
SELECT
    pool,
    CAST(month AS DATE) AS month,
    CAST(sum(sign(monthly_amount_minor)
        * ((2 * abs(monthly_amount_minor::HUGEINT) * held_days + month_days) // (2 * month_days))) AS BIGINT)
        AS amount_cents,
    max(from_categories) AS from_categories,
    max_by(driver, first_day) AS driver,
    max_by(avoidable_ppm, first_day) AS avoidable_ppm
FROM days
GROUP BY pool, month
UNION ALL
SELECT
    posted.pool,
    CAST(month AS DATE),
    CAST(amount_cents AS BIGINT),
    NULL,
    coalesce(driver, 'none'),
    coalesce(avoidable_ppm, 0)
FROM posted
LEFT JOIN definitions USING (pool)
