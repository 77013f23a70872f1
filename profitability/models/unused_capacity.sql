-- Payroll that no posted labour used up; one row per month in the window with salaried people.
-- idle_microseconds: practical time that was not logged, person by person.
WITH parts AS (
    SELECT
        month,
        payroll_cents AS amount_cents,
        CASE
            WHEN CAST(logged_seconds AS HUGEINT) * practical_denominator >= practical_numerator THEN 0
            ELSE
                CAST(
                    (
                        2000000
                        * (practical_numerator - CAST(logged_seconds AS HUGEINT) * practical_denominator)
                        + practical_denominator
                    ) // (2 * practical_denominator) AS BIGINT
                )
        END AS idle_microseconds
    FROM capacity
    UNION ALL
    SELECT
        month,
        -amount_cents AS amount_cents,
        0 AS idle_microseconds
    FROM labour
    WHERE employment = 'salaried' AND is_costed
)

SELECT
    month,
    CAST(sum(amount_cents) AS BIGINT) AS amount_cents,
    CAST(sum(idle_microseconds) AS BIGINT) AS idle_microseconds
FROM parts
GROUP BY month
