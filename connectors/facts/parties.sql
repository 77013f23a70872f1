-- Every customer that a record names, with the money and the hours that hang on it. Money without a rate of exchange
-- counts as nothing here: it only orders a list.
WITH named AS (
    SELECT party_key, party, coalesce(net_minor, gross_minor) AS amount_minor, currency, fx_rate, 0 AS seconds FROM document
    UNION ALL
    SELECT party_key, party, amount_minor, currency, fx_rate, 0 FROM direct_cost
    UNION ALL
    SELECT party_key, party, amount_minor, currency, fx_rate, 0
    FROM gl_line
    JOIN gl_uses
        ON gl_uses.gl_account = gl_line.gl_account
        AND gl_uses.supplier IS NOT DISTINCT FROM gl_line.supplier
    WHERE use IN ('pass_through', 'contractor', 'expense')
    UNION ALL
    SELECT party_key, party, 0, NULL, NULL, worked_seconds FROM time_entry
    UNION ALL
    SELECT party_key, party, 0, NULL, NULL, 0 FROM opening_ecl
    UNION ALL
    SELECT party_key, party, 0, NULL, NULL, 0 FROM contract
    UNION ALL
    SELECT party_key, party, 0, NULL, NULL, 0 FROM remedy
    UNION ALL
    SELECT party_key, party, 0, NULL, NULL, 0 FROM exemption
    UNION ALL
    SELECT party_key, party, 0, NULL, NULL, 0 FROM pin
    UNION ALL
    SELECT party_key, party, 0, NULL, NULL, 0 FROM event
)
SELECT
    party_key,
    party,
    CAST(sum(coalesce((abs(amount_minor)::HUGEINT * fx_rate_e12 + 500000000000) // 1000000000000, 0)) AS BIGINT),
    CAST(sum(seconds) AS BIGINT)
FROM named
LEFT JOIN fx_rates
    ON fx_rates.currency IS NOT DISTINCT FROM named.currency
    AND fx_rates.fx_rate IS NOT DISTINCT FROM named.fx_rate
WHERE party_key IS NOT NULL OR party IS NOT NULL
GROUP BY party_key, party
