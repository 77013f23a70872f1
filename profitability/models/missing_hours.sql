-- Time that nobody handed in; one row per account, or group that is rated as one, with time in the window.
-- missing_seconds: of all people who work for it, as if the weeks that they did not hand in were like those they did:
-- all their time x missing / submitted weeks, rounded half up per person.
-- headroom_seconds: how much more it would have with its busiest month in every month of the window.
WITH worked AS (
    SELECT
        t.person_id,
        coalesce(r.group_id, t.account_id) AS account_id,
        t.month,
        t.worked_seconds
    FROM time_months AS t
    LEFT JOIN rated_as AS r ON t.account_id = r.account_id
    WHERE t.account_id IS NOT NULL AND t.worked_seconds > 0
),

logged AS (
    SELECT
        person_id,
        sum(worked_seconds) AS worked_seconds
    FROM time_months
    GROUP BY person_id
),

missing AS (
    SELECT
        l.person_id,
        (2 * l.worked_seconds * (s.expected_weeks - s.submitted_weeks) + s.submitted_weeks)
        // (2 * s.submitted_weeks) AS missing_seconds
    FROM logged AS l
    INNER JOIN timesheets AS s ON l.person_id = s.person_id
    WHERE s.submitted_weeks > 0 AND s.submitted_weeks < s.expected_weeks
),

teams AS (
    SELECT DISTINCT
        account_id,
        person_id
    FROM worked
),

shortfalls AS (
    SELECT
        t.account_id,
        sum(m.missing_seconds) AS missing_seconds
    FROM teams AS t
    INNER JOIN missing AS m ON t.person_id = m.person_id
    GROUP BY t.account_id
),

monthly AS (
    SELECT
        account_id,
        sum(worked_seconds) AS worked_seconds
    FROM worked
    GROUP BY account_id, month
),

span AS (
    SELECT count(*) AS months
    FROM months
),

busiest AS (
    SELECT
        m.account_id,
        max(m.worked_seconds) * max(s.months) - sum(m.worked_seconds) AS headroom_seconds
    FROM monthly AS m
    CROSS JOIN span AS s
    GROUP BY m.account_id
)

SELECT
    b.account_id,
    CAST(coalesce(f.missing_seconds, 0) AS BIGINT) AS missing_seconds,
    CAST(b.headroom_seconds AS BIGINT) AS headroom_seconds
FROM busiest AS b
LEFT JOIN shortfalls AS f ON b.account_id = f.account_id
