-- What people cost, each span with the rate of exchange of its day.
SELECT
    person_id,
    employment,
    valid_from,
    valid_to,
    CASE employment WHEN 'salaried' THEN loaded_cost_minor END AS loaded_cost_minor,
    CASE employment WHEN 'salaried' THEN practical_hours_seconds END AS practical_seconds,
    CASE employment WHEN 'hourly' THEN cost_per_hour_minor END AS cost_per_hour_minor,
    cost_spans.currency,
    fx_rate_e12
FROM cost_spans
JOIN people ON people.person = cost_spans.person
JOIN fx_rates
    ON fx_rates.currency = cost_spans.currency
    AND fx_rates.fx_rate IS NULL
    AND fx_rates.day IS NOT DISTINCT FROM rated_on
