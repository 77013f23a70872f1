-- One invoice of five states the period it bills; two of a hundred are followed by a credit note, in the invoice's
-- currency and at the rate of its own day. A few rates are not known.
WITH placed AS (
    SELECT
        i,
        pick(i, 20, getvariable('days')) AS day,
        any_account(i, 21) AS who,
        u(i, 22) < 0.2 AS has_period
    FROM range(getvariable('invoices')) AS t (i)
),

priced AS (
    SELECT
        *,
        coin(who) AS coin,
        least(day + pick(i, 31, 60), getvariable('days') - 1) AS note_day,
        coin_size(coin(who)) * CAST(exp(9.3 + 1.3 * normal(i, 23)) AS BIGINT) AS net
    FROM placed
)

SELECT
    invoice_name(i) AS document_id,
    account_name(who) AS account_id,
    'invoice' AS kind,
    on_day(day) AS issue_date,
    on_day(day + [14, 30, 30, 45, 60][1 + pick(i, 25, 5)]) AS due_date,
    CASE WHEN has_period THEN on_day(day - pick(i, 26, 40)) END AS service_start,
    CASE WHEN has_period THEN on_day(day + pick(i, 27, 330)) END AS service_end,
    net AS net_minor,
    net + CASE WHEN u(i, 28) < 0.5 THEN net // 5 ELSE 0 END AS gross_minor,
    coin_name(coin) AS currency,
    CASE WHEN coin = 1 OR u(i, 29) >= 0.0002 THEN rate(coin, day) END AS fx_rate_e12,
    NULL AS applies_to,
    u(i, 30) < 0.01 AS is_disputed
FROM priced
UNION ALL
SELECT
    'N' || substr(invoice_name(i), 2) AS document_id,
    account_name(who) AS account_id,
    'credit_note' AS kind,
    on_day(note_day) AS issue_date,
    on_day(note_day) AS due_date,
    NULL AS service_start,
    NULL AS service_end,
    net // 4 AS net_minor,
    net // 4 AS gross_minor,
    coin_name(coin) AS currency,
    rate(coin, note_day) AS fx_rate_e12,
    CASE WHEN u(i, 32) < 0.9 THEN invoice_name(i) END AS applies_to,
    false AS is_disputed
FROM priced
WHERE u(i, 33) < 0.02
