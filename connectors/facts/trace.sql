-- Every record that belongs to an account, as its file states it, with the rate at which it was converted, and where it
-- stands there: what `explain --lines` shows. A payment follows its document.
SELECT
    party_accounts.account_id,
    issue_date AS day,
    document.kind AS record,
    document_id AS what,
    coalesce(net_minor, gross_minor) AS amount_minor,
    document.currency,
    origin AS fx_origin,
    0 AS worked_seconds,
    document.source_file,
    document.source_line
FROM document
JOIN fx_rates
    ON fx_rates.currency IS NOT DISTINCT FROM document.currency
    AND fx_rates.fx_rate IS NOT DISTINCT FROM document.fx_rate
    AND fx_rates.day = document.issue_date
JOIN party_accounts
    ON party_accounts.party_key IS NOT DISTINCT FROM document.party_key
    AND party_accounts.party IS NOT DISTINCT FROM document.party
UNION ALL
SELECT
    party_accounts.account_id,
    settled_on,
    settlement.kind,
    settlement.document_id,
    settlement.gross_minor * document_currency.scale // stated_currency.scale,
    document.currency,
    NULL,
    0,
    settlement.source_file,
    settlement.source_line
FROM settlement
CROSS JOIN params
JOIN document ON document.document_id = settlement.document_id
JOIN currencies AS stated_currency ON stated_currency.currency = coalesce(settlement.currency, home_currency)
JOIN currencies AS document_currency ON document_currency.currency = coalesce(document.currency, home_currency)
JOIN party_accounts
    ON party_accounts.party_key IS NOT DISTINCT FROM document.party_key
    AND party_accounts.party IS NOT DISTINCT FROM document.party
UNION ALL
SELECT
    account_id,
    cost_date,
    kind,
    supplier,
    amount_minor,
    direct_cost.currency,
    origin,
    0,
    source_file,
    source_line
FROM direct_cost
JOIN fx_rates
    ON fx_rates.currency IS NOT DISTINCT FROM direct_cost.currency
    AND fx_rates.fx_rate IS NOT DISTINCT FROM direct_cost.fx_rate
    AND fx_rates.day = direct_cost.cost_date
JOIN party_accounts
    ON party_accounts.party_key IS NOT DISTINCT FROM direct_cost.party_key
    AND party_accounts.party IS NOT DISTINCT FROM direct_cost.party
UNION ALL
SELECT
    account_id,
    line_date,
    use,
    concat_ws(' ', gl_line.supplier, reference),
    amount_minor,
    gl_line.currency,
    origin,
    0,
    source_file,
    source_line
FROM gl_line
JOIN fx_rates
    ON fx_rates.currency IS NOT DISTINCT FROM gl_line.currency
    AND fx_rates.fx_rate IS NOT DISTINCT FROM gl_line.fx_rate
    AND fx_rates.day = gl_line.line_date
JOIN gl_uses
    ON gl_uses.gl_account = gl_line.gl_account
    AND gl_uses.supplier IS NOT DISTINCT FROM gl_line.supplier
JOIN party_accounts
    ON party_accounts.party_key IS NOT DISTINCT FROM gl_line.party_key
    AND party_accounts.party IS NOT DISTINCT FROM gl_line.party
WHERE use IN ('pass_through', 'contractor', 'expense')
UNION ALL
SELECT
    account_id,
    work_date,
    category,
    concat_ws(' / ', time_entry.project, time_entry.task),
    NULL,
    NULL,
    NULL,
    worked_seconds,
    source_file,
    source_line
FROM time_entry
JOIN task_categories
    ON task_categories.is_internal = (time_entry.party_key IS NULL AND time_entry.party IS NULL)
    AND task_categories.task IS NOT DISTINCT FROM time_entry.task
    AND task_categories.project IS NOT DISTINCT FROM time_entry.project
    AND task_categories.tags IS NOT DISTINCT FROM time_entry.tags
JOIN party_accounts
    ON party_accounts.party_key IS NOT DISTINCT FROM time_entry.party_key
    AND party_accounts.party IS NOT DISTINCT FROM time_entry.party
UNION ALL
SELECT
    account_id,
    event_date,
    'event',
    concat_ws(' ', event."count", event.event, event.attributes),
    NULL,
    NULL,
    NULL,
    estimated_seconds,
    source_file,
    source_line
FROM event
JOIN event_times
    ON event_times.stated = event.event
    AND event_times.attributes IS NOT DISTINCT FROM event.attributes
    AND event_times."count" = event."count"
JOIN party_accounts
    ON party_accounts.party_key IS NOT DISTINCT FROM event.party_key
    AND party_accounts.party IS NOT DISTINCT FROM event.party
