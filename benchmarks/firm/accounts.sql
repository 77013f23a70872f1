SELECT
    account_name(i) AS account_id,
    'Account ' || i AS name,
    CASE WHEN u(i, 10) < 0.9 THEN DATE '2019-01-01' + CAST(pick(i, 11, 2400) AS INTEGER) END AS started_on,
    u(i, 12) >= 0.02 AS is_matched,
    CASE WHEN u(i, 13) < 0.03 AND i % 10 > 0 THEN account_name(i // 10 * 10) END AS parent_id,
    'Owner ' || pick(i, 14, 40) AS owner
FROM range(getvariable('accounts')) AS t (i)
