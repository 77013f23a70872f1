-- Cost rates in home currency; one row per person and span.
-- loaded_cents: salaried cost of the whole span; null where the rate of its currency is unknown.
-- weight: length of the span, counting a whole month as 377580 (divisible by 28, 29, 30 and 31) and a part of a month
-- by its days, so that weights of months are whole numbers and add up exactly.
WITH dated AS (
    SELECT
        r.*,
        CASE WHEN r.currency = p.home_currency THEN p.fx_one ELSE r.fx_rate_e12 END AS rate_e12,
        p.fx_one,
        extract(DAY FROM r.valid_from) AS from_day,
        extract(DAY FROM r.valid_to) AS to_day,
        extract(DAY FROM last_day(r.valid_from)) AS from_month_days,
        extract(DAY FROM last_day(r.valid_to)) AS to_month_days,
        (extract(YEAR FROM r.valid_to) - extract(YEAR FROM r.valid_from)) * 12
        + extract(MONTH FROM r.valid_to) - extract(MONTH FROM r.valid_from) AS months_later
    FROM cost_rates AS r
    CROSS JOIN params AS p
)

SELECT
    person_id,
    employment,
    valid_from,
    valid_to,
    practical_seconds,
    cost_per_hour_minor,
    rate_e12,
    CASE
        WHEN employment = 'salaried'
            THEN CAST(
                (2 * CAST(loaded_cost_minor AS HUGEINT) * rate_e12 + fx_one) // (2 * fx_one) AS BIGINT
            )
    END AS loaded_cents,
    CAST(
        CASE
            WHEN months_later = 0 THEN (to_day - from_day + 1) * (377580 // from_month_days)
            ELSE
                (from_month_days - from_day + 1) * (377580 // from_month_days)
                + (months_later - 1) * 377580
                + to_day * (377580 // to_month_days)
        END AS BIGINT
    ) AS weight
FROM dated
