SELECT
    account_name(i) AS account_id,
    CAST(exp(6 + normal(i, 60)) AS BIGINT) AS amount_cents
FROM range(getvariable('accounts')) AS t (i)
WHERE u(i, 62) < 0.3
