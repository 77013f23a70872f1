-- What went in, from the records, against what came out, from the facts: one row per table, unit and direction.
-- Nothing may be lost or counted twice on the way, whatever the maps say.
SELECT 'documents' AS fact, coalesce(currency, home_currency) || ' net' AS unit, 'in' AS side,
    sum(coalesce(net_minor, gross_minor)::HUGEINT) AS total
FROM document CROSS JOIN params GROUP BY unit
UNION ALL
SELECT 'documents', currency || ' net', 'out', sum(net_minor::HUGEINT) FROM facts.documents GROUP BY currency
UNION ALL
SELECT 'documents', coalesce(currency, home_currency) || ' gross', 'in',
    sum(coalesce(gross_minor, net_minor)::HUGEINT)
FROM document CROSS JOIN params GROUP BY 2
UNION ALL
SELECT 'documents', currency || ' gross', 'out', sum(gross_minor::HUGEINT) FROM facts.documents GROUP BY currency
UNION ALL
SELECT 'settlements', 'rows', 'in', count(*) FROM settlement
UNION ALL
SELECT 'settlements', 'rows', 'out', count(*) FROM facts.settlements
UNION ALL
SELECT 'settlements', coalesce(document.currency, home_currency), 'in',
    sum(settlement.gross_minor::HUGEINT * document_currency.scale // stated_currency.scale)
FROM settlement
CROSS JOIN params
JOIN document USING (document_id)
JOIN currencies AS stated_currency ON stated_currency.currency = coalesce(settlement.currency, home_currency)
JOIN currencies AS document_currency ON document_currency.currency = coalesce(document.currency, home_currency)
GROUP BY 2
UNION ALL
SELECT 'settlements', currency, 'out', sum(settlements.gross_minor::HUGEINT)
FROM facts.settlements JOIN facts.documents USING (document_id) GROUP BY currency
UNION ALL
SELECT 'direct_costs', coalesce(currency, home_currency), 'in', sum(amount_minor::HUGEINT)
FROM (SELECT currency, amount_minor FROM direct_cost UNION ALL SELECT currency, amount_minor FROM gl_line)
CROSS JOIN params GROUP BY 2
UNION ALL
SELECT 'direct_costs', currency, 'out', sum(amount_minor::HUGEINT)
FROM (
    SELECT currency, amount_minor FROM facts.direct_costs
    UNION ALL
    SELECT coalesce(currency, home_currency), amount_minor FROM gl_line CROSS JOIN params
    SEMI JOIN (SELECT * FROM gl_uses WHERE use = 'ignore' OR use LIKE 'pool:%') AS elsewhere
        ON elsewhere.gl_account = gl_line.gl_account AND elsewhere.supplier IS NOT DISTINCT FROM gl_line.supplier
) GROUP BY currency
UNION ALL
SELECT 'time_entries', 'seconds', 'in', sum(worked_seconds::HUGEINT) FROM time_entry
UNION ALL
SELECT 'time_entries', 'seconds', 'out', sum(worked_seconds::HUGEINT) FROM facts.time_entries
UNION ALL
SELECT 'time_entries', 'seconds without a customer', 'in', sum(worked_seconds::HUGEINT)
FROM time_entry WHERE party IS NULL AND party_key IS NULL
UNION ALL
SELECT 'time_entries', 'seconds without a customer', 'out', sum(worked_seconds::HUGEINT)
FROM facts.time_entries WHERE account_id IS NULL
UNION ALL
SELECT 'cost_rates', 'days', 'in', sum(datediff('day', valid_from, valid_to) + 1) FROM cost_rate
UNION ALL
SELECT 'cost_rates', 'days', 'out', sum(datediff('day', valid_from, valid_to) + 1) FROM facts.cost_rates
UNION ALL
SELECT 'cost_rates', coalesce(currency, home_currency) || ' salaried', 'in', sum(loaded_cost_minor::HUGEINT)
FROM cost_rate CROSS JOIN params WHERE employment = 'salaried' GROUP BY 2
UNION ALL
SELECT 'cost_rates', currency || ' salaried', 'out', sum(loaded_cost_minor::HUGEINT) FROM facts.cost_rates GROUP BY currency
UNION ALL
SELECT 'cost_rates', 'practical seconds', 'in', sum(practical_hours_seconds::HUGEINT)
FROM cost_rate WHERE employment = 'salaried'
UNION ALL
SELECT 'cost_rates', 'practical seconds', 'out', sum(practical_seconds::HUGEINT) FROM facts.cost_rates
UNION ALL
SELECT 'opening_ecl', home_currency, 'in', sum(amount_minor::HUGEINT) FROM opening_ecl CROSS JOIN params GROUP BY 2
UNION ALL
SELECT 'opening_ecl', home_currency, 'out', sum(amount_cents::HUGEINT) FROM facts.opening_ecl CROSS JOIN params GROUP BY 2
UNION ALL
SELECT 'timesheets', 'weeks', 'in', sum(expected_weeks::HUGEINT + submitted_weeks) FROM timesheet
UNION ALL
SELECT 'timesheets', 'weeks', 'out', sum(expected_weeks::HUGEINT + submitted_weeks) FROM facts.timesheets
UNION ALL
SELECT 'events', 'events', 'in', sum("count"::HUGEINT) FROM event
UNION ALL
SELECT 'events', 'events', 'out', sum(events::HUGEINT) FROM facts.events
UNION ALL
SELECT 'remedies', 'rows', 'in', count(*) FROM remedy
UNION ALL
SELECT 'remedies', 'rows', 'out', count(*) FROM facts.remedies
UNION ALL
SELECT 'exemptions', 'rows', 'in', count(*) FROM exemption
UNION ALL
SELECT 'exemptions', 'rows', 'out', count(*) FROM facts.exemptions
UNION ALL
SELECT 'pins', 'rows', 'in', count(*) FROM pin
UNION ALL
SELECT 'pins', 'rows', 'out', count(*) FROM facts.pins
UNION ALL
SELECT 'cash', 'rows', 'in', count(*) FROM cash
UNION ALL
SELECT 'cash', 'rows', 'out', count(*) FROM facts.cash
UNION ALL
SELECT 'deals', 'rows', 'in', count(*) FROM crm_deals
UNION ALL
SELECT 'deals', 'rows', 'out', count(*) FROM facts.deals
