-- Salaried spans by month in the window; one row per person, span and month.
-- payroll_cents: the span's cost, spread over its months by weight; rounded on the running total, so that the months in
-- the window add up to the span's rounded share of it.
-- practical time is the fraction practical_numerator / practical_denominator seconds.
WITH weighed AS (
    SELECT
        r.person_id,
        r.valid_from,
        m.month,
        r.loaded_cents,
        r.practical_seconds,
        r.weight AS span_weight,
        (date_diff('day', greatest(r.valid_from, m.month), least(r.valid_to, m.last_day)) + 1)
        * (377580 // extract(DAY FROM m.last_day)) AS weight
    FROM rate_spans AS r
    INNER JOIN months AS m ON r.valid_from <= m.last_day AND r.valid_to >= m.month
    WHERE r.loaded_cents IS NOT NULL
),

running AS (
    SELECT
        *,
        CAST(
            sum(weight) OVER (
                PARTITION BY person_id, valid_from ORDER BY month ASC
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS BIGINT
        ) AS weight_so_far
    FROM weighed
)

SELECT
    person_id,
    valid_from,
    month,
    loaded_cents,
    span_weight,
    CAST(weight AS BIGINT) AS weight,
    CAST(
        (2 * CAST(loaded_cents AS HUGEINT) * weight_so_far + span_weight) // (2 * span_weight)
        - (2 * CAST(loaded_cents AS HUGEINT) * (weight_so_far - weight) + span_weight) // (2 * span_weight) AS BIGINT
    ) AS payroll_cents,
    CAST(practical_seconds * weight AS BIGINT) AS practical_numerator,
    span_weight AS practical_denominator
FROM running
