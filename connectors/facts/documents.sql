-- Invoices and credit notes. Where only one of net and gross is stated, no tax is stated: they are equal.
SELECT
    document_id,
    party_accounts.account_id,
    document.kind,
    issue_date,
    CASE document.kind WHEN 'credit_note' THEN issue_date ELSE due_date END AS due_date,
    service_start,
    service_end,
    coalesce(net_minor, gross_minor) AS net_minor,
    coalesce(gross_minor, net_minor) AS gross_minor,
    coalesce(document.currency, home_currency) AS currency,
    fx_rate_e12,
    applies_to,
    coalesce(is_disputed, false) AS is_disputed
FROM document
CROSS JOIN params
JOIN party_accounts
    ON party_accounts.party_key IS NOT DISTINCT FROM document.party_key
    AND party_accounts.party IS NOT DISTINCT FROM document.party
JOIN fx_rates
    ON fx_rates.currency IS NOT DISTINCT FROM document.currency
    AND fx_rates.fx_rate IS NOT DISTINCT FROM document.fx_rate
    AND fx_rates.day = document.issue_date
