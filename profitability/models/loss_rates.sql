-- The share of a balance that is expected to be lost, loss_numerator / loss_denominator; one row per ageing bucket.
-- From the firm's own history: what was never paid / what reached the bucket (IFRS 9 B5.5.35), one matrix for all
-- accounts, neither rounded nor smoothed. Where the history is too short, or nothing reached the bucket: the policy's.
WITH reached AS (
    SELECT
        b.*,
        s.never_paid_cents,
        CASE b.bucket
            WHEN 0 THEN s.reached_0_cents
            WHEN 1 THEN s.reached_1_cents
            WHEN 2 THEN s.reached_2_cents
            WHEN 3 THEN s.reached_3_cents
            ELSE s.reached_4_cents
        END AS reached_cents
    FROM ageing_buckets AS b
    CROSS JOIN loss_survivors AS s
)

SELECT
    bucket,
    after_days,
    until_days,
    coalesce(reached_cents, 0) > 0 AS is_own_history,
    CASE WHEN reached_cents > 0 THEN never_paid_cents ELSE loss_numerator END AS loss_numerator,
    CASE WHEN reached_cents > 0 THEN reached_cents ELSE loss_denominator END AS loss_denominator
FROM reached
