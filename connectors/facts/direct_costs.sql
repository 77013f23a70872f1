-- Costs of the costs template, and the postings that the GL map takes for a cost of this kind.
-- A posting that the map does not know is nobody's: firm level, as an expense.
WITH costs AS (
    SELECT cost_date, party_key, party, kind, amount_minor, currency, fx_rate FROM direct_cost
    UNION ALL
    SELECT
        line_date,
        CASE WHEN use IS NOT NULL THEN party_key END,
        CASE WHEN use IS NOT NULL THEN party END,
        coalesce(use, 'expense'),
        amount_minor,
        currency,
        fx_rate
    FROM gl_line
    JOIN gl_uses
        ON gl_uses.gl_account = gl_line.gl_account
        AND gl_uses.supplier IS NOT DISTINCT FROM gl_line.supplier
    WHERE use IS NULL OR use IN ('pass_through', 'contractor', 'expense')
)
SELECT
    cost_date,
    account_id,
    kind,
    amount_minor,
    coalesce(costs.currency, home_currency) AS currency,
    fx_rate_e12
FROM costs
CROSS JOIN params
JOIN fx_rates
    ON fx_rates.currency IS NOT DISTINCT FROM costs.currency
    AND fx_rates.fx_rate IS NOT DISTINCT FROM costs.fx_rate
    AND fx_rates.day = costs.cost_date
LEFT JOIN party_accounts
    ON party_accounts.party_key IS NOT DISTINCT FROM costs.party_key
    AND party_accounts.party IS NOT DISTINCT FROM costs.party
