-- Shared costs by month: those that the pools template states, and the postings that the GL map sends to a pool.
-- A span without a first or last day holds as far as the facts reach; a part of a month costs, and has practical hours,
-- by its days, half up.
WITH spans AS (
    SELECT
        pool,
        monthly_amount_minor,
        from_categories,
        driver,
        coalesce(CAST(CAST(avoidable_share AS DECIMAL(18, 9)) * 1000000 AS BIGINT), 0) AS avoidable_ppm,
        practical_hours_seconds,
        coalesce(valid_from, first_month) AS first_day,
        least(valid_to, last_day(last_month)) AS last_day
    FROM pool
    CROSS JOIN params
), span_months AS (
    SELECT
        *,
        unnest(generate_series(date_trunc('month', first_day), last_day, INTERVAL 1 MONTH)) AS month
    FROM spans
), days AS (
    SELECT
        *,
        day(last_day(month)) AS month_days,
        1 + datediff('day', greatest(first_day, CAST(month AS DATE)), least(last_day, last_day(month))) AS held_days
    FROM span_months
), defined AS (
    SELECT
        pool,
        CAST(month AS DATE) AS month,
        CAST(sum(sign(monthly_amount_minor)
            * ((2 * abs(monthly_amount_minor::HUGEINT) * held_days + month_days) // (2 * month_days))) AS BIGINT)
            AS amount_cents,
        max(from_categories) AS from_categories,
        max_by(driver, first_day) AS driver,
        max_by(avoidable_ppm, first_day) AS avoidable_ppm,
        CAST(sum((2 * practical_hours_seconds::HUGEINT * held_days + month_days) // (2 * month_days)) AS BIGINT)
            AS practical_seconds
    FROM days
    GROUP BY pool, month
), posted AS (
    SELECT
        substr(use, 6) AS pool,
        CAST(date_trunc('month', line_date) AS DATE) AS month,
        sum(sign(amount_minor) * ((2 * abs(amount_minor::HUGEINT) * fx_rate_e12 + 1000000000000) // 2000000000000))
            AS amount_cents
    FROM gl_line
    JOIN gl_uses
        ON gl_uses.gl_account = gl_line.gl_account
        AND gl_uses.supplier IS NOT DISTINCT FROM gl_line.supplier
    JOIN fx_rates
        ON fx_rates.currency IS NOT DISTINCT FROM gl_line.currency
        AND fx_rates.fx_rate IS NOT DISTINCT FROM gl_line.fx_rate
        AND fx_rates.day = gl_line.line_date
    WHERE use LIKE 'pool:%'
    GROUP BY ALL
), latest AS (
    SELECT pool, max_by(driver, first_day) AS driver, max_by(avoidable_ppm, first_day) AS avoidable_ppm
    FROM spans
    GROUP BY pool
)
SELECT pool, month, amount_cents, from_categories, driver, avoidable_ppm, practical_seconds
FROM defined
WHERE amount_cents IS NOT NULL OR from_categories IS NOT NULL
UNION ALL
SELECT
    posted.pool,
    posted.month,
    CAST(posted.amount_cents AS BIGINT),
    NULL,
    coalesce(defined.driver, latest.driver, 'none'),
    coalesce(defined.avoidable_ppm, latest.avoidable_ppm, 0),
    defined.practical_seconds
FROM posted
LEFT JOIN latest ON latest.pool = posted.pool
LEFT JOIN defined ON defined.pool = posted.pool AND defined.month = posted.month
