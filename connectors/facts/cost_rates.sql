-- What people cost. A cost in another currency holds for many days and states no rate of exchange: it is unknown.
SELECT
    person_id,
    employment,
    valid_from,
    valid_to,
    CASE employment WHEN 'salaried' THEN loaded_cost_minor END AS loaded_cost_minor,
    CASE employment WHEN 'salaried' THEN practical_hours_seconds END AS practical_seconds,
    CASE employment WHEN 'hourly' THEN cost_per_hour_minor END AS cost_per_hour_minor,
    coalesce(cost_rate.currency, home_currency) AS currency,
    fx_rate_e12
FROM cost_rate
CROSS JOIN params
JOIN people ON people.person = cost_rate.person
JOIN fx_rates
    ON fx_rates.currency IS NOT DISTINCT FROM cost_rate.currency
    AND fx_rates.fx_rate IS NULL
    AND fx_rates.day IS NULL
