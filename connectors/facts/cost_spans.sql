-- What people cost, in spans of one rate of exchange. A span in the home currency stays whole. Of a span in another one
-- each month counts at the rate of its last day (of the span's last day, where that comes first), when it is paid. Cost
-- and practical hours are spread over the months as the engine spreads them: whole months alike (377580 is divisible by
-- 28, 29, 30 and 31), parts of months by their days, rounded on the running total, so that they add up to the span's.
WITH months AS (
    SELECT
        * REPLACE (greatest(valid_from, CAST(month AS DATE)) AS valid_from, least(valid_to, last_day(month)) AS valid_to),
        valid_from AS span
    FROM (
        SELECT
            *,
            unnest(generate_series(date_trunc('month', valid_from), valid_to, INTERVAL 1 MONTH)) AS month
        FROM cost_rate
        CROSS JOIN params
        WHERE currency <> home_currency
    )
), weighed AS (
    SELECT
        *,
        (datediff('day', valid_from, valid_to) + 1) * (377580 // day(last_day(valid_to))) AS weight,
        sum(weight) OVER (PARTITION BY person, span ORDER BY valid_from) AS through,
        sum(weight) OVER (PARTITION BY person, span) AS whole
    FROM months
)
SELECT
    person,
    employment,
    valid_from,
    valid_to,
    (2 * loaded_cost_minor * through + whole) // (2 * whole)
    - (2 * loaded_cost_minor * (through - weight) + whole) // (2 * whole) AS loaded_cost_minor,
    (2 * practical_hours_seconds * through + whole) // (2 * whole)
    - (2 * practical_hours_seconds * (through - weight) + whole) // (2 * whole) AS practical_hours_seconds,
    cost_per_hour_minor,
    currency,
    valid_to AS rated_on,
    source_file,
    source_line
FROM weighed
UNION ALL
SELECT
    person,
    employment,
    valid_from,
    valid_to,
    loaded_cost_minor,
    practical_hours_seconds,
    cost_per_hour_minor,
    home_currency,
    NULL,
    source_file,
    source_line
FROM cost_rate
CROSS JOIN params
WHERE coalesce(currency, home_currency) = home_currency
