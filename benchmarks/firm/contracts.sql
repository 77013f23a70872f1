SELECT
    account_name(i) AS account_id,
    3600 * (20 + pick(i, 63, 500)) AS contracted_seconds,
    DATE '2026-01-31' + CAST(pick(i, 64, 700) AS INTEGER) AS ends_on,
    30 * pick(i, 65, 4) AS notice_days,
    CASE WHEN u(i, 66) < 0.5 THEN 12 END AS renewal_months,
    NULL AS satisfaction_e6
FROM range(getvariable('accounts')) AS t (i)
WHERE u(i, 67) < 0.5
