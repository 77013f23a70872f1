-- Every customer that a record names, with the money and the hours that hang on it, and all that identifies it. Money
-- without a rate of exchange counts as nothing here: it only orders a list. A number without a name has the one that
-- master data gives it.
WITH billed AS (
    SELECT
        party_key, party, party_company_number, party_email,
        coalesce(net_minor, gross_minor) AS amount_minor, currency, fx_rate, issue_date AS day
    FROM document
    UNION ALL
    SELECT party_key, party, NULL, NULL, amount_minor, currency, fx_rate, cost_date FROM direct_cost
    UNION ALL
    SELECT party_key, party, party_company_number, party_email, amount_minor, currency, fx_rate, line_date
    FROM gl_line
    JOIN gl_uses
        ON gl_uses.gl_account = gl_line.gl_account
        AND gl_uses.supplier IS NOT DISTINCT FROM gl_line.supplier
    WHERE use IN ('pass_through', 'contractor', 'expense')
), named AS (
    SELECT
        party_key, party, party_company_number, party_email,
        coalesce((abs(amount_minor)::HUGEINT * fx_rate_e12 + 500000000000) // 1000000000000, 0) AS cents,
        0 AS seconds
    FROM billed
    JOIN fx_rates
        ON fx_rates.currency IS NOT DISTINCT FROM billed.currency
        AND fx_rates.fx_rate IS NOT DISTINCT FROM billed.fx_rate
        AND fx_rates.day = billed.day
    UNION ALL
    SELECT party_key, party, NULL, NULL, 0, worked_seconds FROM time_entry
    UNION ALL
    SELECT party_key, party, NULL, NULL, 0, 0 FROM opening_ecl
    UNION ALL
    SELECT party_key, party, party_company_number, party_email, 0, 0 FROM contract
    UNION ALL
    SELECT party_key, party, NULL, NULL, 0, 0 FROM remedy
    UNION ALL
    SELECT party_key, party, NULL, NULL, 0, 0 FROM exemption
    UNION ALL
    SELECT party_key, party, NULL, NULL, 0, 0 FROM pin
    UNION ALL
    SELECT party_key, party, NULL, NULL, 0, 0 FROM event
)
SELECT
    party_key,
    coalesce(party, party_names.name) AS name,
    CAST(sum(cents) AS BIGINT),
    CAST(sum(seconds) AS BIGINT),
    coalesce(list(DISTINCT party_company_number) FILTER (party_company_number IS NOT NULL), []),
    coalesce(list(DISTINCT party_email) FILTER (party_email IS NOT NULL), [])
FROM named
LEFT JOIN party_names ON party_names.number = party_key
WHERE party_key IS NOT NULL OR party IS NOT NULL
GROUP BY party_key, coalesce(party, party_names.name)
