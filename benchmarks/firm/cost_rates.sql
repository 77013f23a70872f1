-- One to three spans a person, changing on any day; one person of seven is paid by the hour, one of ten abroad.
-- Half of the people log more than they are paid for.
WITH spans AS (
    SELECT
        i,
        n,
        CASE n WHEN 0 THEN 0 ELSE 150 * n + pick(i * 4 + n, 70, 140) END AS starts
    FROM range(getvariable('people')) AS t (i)
    CROSS JOIN range(3) AS s (n)
    WHERE n <= pick(i, 71, 3)
),

dated AS (
    SELECT
        *,
        coalesce(lead(starts) OVER (PARTITION BY i ORDER BY n), getvariable('days')) - starts AS days,
        u(i, 72) < 0.15 AS is_hourly,
        CASE WHEN u(i, 73) < 0.9 THEN 1 ELSE 2 + pick(i, 74, 5) END AS coin
    FROM spans
)

SELECT
    person_name(i) AS person_id,
    CASE WHEN is_hourly THEN 'hourly' ELSE 'salaried' END AS employment,
    on_day(starts) AS valid_from,
    on_day(starts + days - 1) AS valid_to,
    CASE WHEN NOT is_hourly THEN days * coin_size(coin) * (12000 + pick(i * 4 + n, 75, 15000)) END AS loaded_cost_minor,
    CASE WHEN NOT is_hourly THEN days * (16200 + 60 * pick(i, 76, 40)) END AS practical_seconds,
    CASE WHEN is_hourly THEN coin_size(coin) * (3000 + pick(i * 4 + n, 77, 6000)) END AS cost_per_hour_minor,
    coin_name(coin) AS currency,
    rate(coin, starts) AS fx_rate_e12
FROM dated
