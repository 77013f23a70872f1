-- Labour as posted; one row per person, account (null: internal), category, month and rate span.
-- Salaried: time x loaded cost / practical time of the span; where more was logged in the month than is practical,
-- x practical / logged, so that a payroll is never charged twice. Hourly: time x cost of an hour.
-- time x cost / practical is taken as time x (cost // practical) + time x (cost % practical) / practical where nothing is
-- scaled: the same number, within 64 bits.
-- amount_cents is 0 and is_costed false where there is no rate on the day or its currency has no known rate.
WITH matched AS (
    SELECT
        t.*,
        r.employment,
        r.loaded_cents,
        r.practical_seconds,
        r.cost_per_hour_minor,
        r.rate_e12,
        CAST(r.practical_seconds AS HUGEINT) * c.practical_denominator * c.logged_seconds AS stretched_denominator,
        c.practical_numerator,
        CAST(c.logged_seconds AS HUGEINT) * c.practical_denominator > c.practical_numerator AS is_stretched
    FROM time_months AS t
    LEFT JOIN rate_spans AS r ON t.person_id = r.person_id AND t.valid_from = r.valid_from
    LEFT JOIN capacity AS c ON t.person_id = c.person_id AND t.month = c.month AND r.loaded_cents IS NOT NULL
)

SELECT
    person_id,
    account_id,
    category,
    month,
    valid_from,
    employment,
    worked_seconds,
    unknown_category_seconds,
    rate_e12 IS NOT NULL AS is_costed,
    valid_from IS NOT NULL AND rate_e12 IS NULL AS is_currency_unknown,
    CAST(
        CASE
            WHEN rate_e12 IS NULL THEN 0
            WHEN employment = 'hourly'
                THEN
                    (2 * CAST(worked_seconds AS HUGEINT) * cost_per_hour_minor * rate_e12 + 3600000000000000)
                    // 7200000000000000
            WHEN is_stretched
                THEN
                    (
                        2 * CAST(worked_seconds AS HUGEINT) * loaded_cents * practical_numerator
                        + stretched_denominator
                    ) // (2 * stretched_denominator)
            ELSE
                worked_seconds * (loaded_cents // practical_seconds)
                + (2 * worked_seconds * (loaded_cents % practical_seconds) + practical_seconds)
                // (2 * practical_seconds)
        END AS BIGINT
    ) AS amount_cents
FROM matched
