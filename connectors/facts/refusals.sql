-- Records that cannot become facts without a guess: where each stands, what is wrong, what to do.
SELECT source_file, source_line, 'document ' || document_id || ' names no customer' AS what,
    'State the customer of every invoice and credit note.' AS remedy
FROM document WHERE party IS NULL AND party_key IS NULL
UNION ALL
SELECT source_file, source_line, 'invoice ' || document_id || ' has no due date',
    'Export the due date, or add it in the invoices template.'
FROM document WHERE kind = 'invoice' AND due_date IS NULL
UNION ALL
SELECT source_file, source_line, 'document ' || document_id || ' has no amount', 'State the net amount, the gross amount or both.'
FROM document WHERE net_minor IS NULL AND gross_minor IS NULL
UNION ALL
SELECT source_file, source_line, 'document ' || document_id || ' has an amount below zero; invoices and notes are positive',
    'State a negative invoice as a credit note.'
FROM document WHERE net_minor < 0 OR gross_minor < 0
UNION ALL
SELECT source_file, source_line, 'the service period of document ' || document_id || ' lacks an end or ends before it starts',
    'State both days or neither.'
FROM document WHERE (service_start IS NULL) <> (service_end IS NULL) OR service_end < service_start
UNION ALL
SELECT note.source_file, note.source_line,
    'credit note ' || note.document_id || ' is in ' || coalesce(note.currency, home_currency)
        || ', its invoice ' || document.document_id || ' in ' || coalesce(document.currency, home_currency),
    'Correct the currency, or leave out the invoice that it applies to.'
FROM document AS note
CROSS JOIN params
JOIN document ON document.document_id = note.applies_to
WHERE coalesce(note.currency, home_currency) <> coalesce(document.currency, home_currency)
UNION ALL
SELECT settlement.source_file, settlement.source_line,
    settlement.kind || ' for document ' || settlement.document_id || ', which no file states',
    'Export invoices from further back, or take out payments of invoices from before.'
FROM settlement ANTI JOIN document USING (document_id)
UNION ALL
SELECT settlement.source_file, settlement.source_line,
    settlement.kind || ' for document ' || settlement.document_id || ' is in ' || settlement.currency
        || ', the document in ' || coalesce(document.currency, home_currency),
    'State the amount in the currency of the document.'
FROM settlement
CROSS JOIN params
JOIN document USING (document_id)
WHERE settlement.currency NOT IN ('XXX', coalesce(document.currency, home_currency))
UNION ALL
SELECT settlement.source_file, settlement.source_line,
    'the amount for document ' || settlement.document_id || ' has more digits than '
        || document_currency.currency || ' knows',
    'Correct the amount.'
FROM settlement
CROSS JOIN params
JOIN document USING (document_id)
JOIN currencies AS stated_currency ON stated_currency.currency = coalesce(settlement.currency, home_currency)
JOIN currencies AS document_currency ON document_currency.currency = coalesce(document.currency, home_currency)
WHERE settlement.gross_minor * document_currency.scale % stated_currency.scale <> 0
UNION ALL
SELECT source_file, source_line, settlement.kind || ' of zero or less for document ' || document_id,
    'Money that came in and write-offs are positive; state what was paid back as a credit note.'
FROM settlement WHERE gross_minor <= 0
UNION ALL
SELECT source_file, source_line, 'hours below zero', 'Correct the entry in the time tracker and export again.'
FROM time_entry WHERE worked_seconds < 0
UNION ALL
SELECT source_file, source_line, 'the days of this rate end before they start', 'Correct the days.'
FROM cost_rate WHERE valid_to < valid_from
UNION ALL
SELECT source_file, source_line, 'a salaried rate needs a cost and practical hours above zero', 'Fill in both cells.'
FROM cost_rate
WHERE employment = 'salaried'
    AND (loaded_cost_minor IS NULL OR practical_hours_seconds IS NULL OR practical_hours_seconds <= 0)
UNION ALL
SELECT source_file, source_line, 'an hourly rate needs a cost of an hour', 'Fill in the cell.'
FROM cost_rate WHERE employment = 'hourly' AND cost_per_hour_minor IS NULL
UNION ALL
SELECT source_file, source_line, 'the days of pool ' || pool || ' end before they start', 'Correct the days.'
FROM pool WHERE valid_to < valid_from
UNION ALL
SELECT source_file, source_line, 'pool ' || pool || ' has both an amount and categories', 'State one of the two.'
FROM pool WHERE monthly_amount_minor IS NOT NULL AND from_categories IS NOT NULL
UNION ALL
SELECT source_file, source_line, 'pool ' || pool || ' takes the hours of something that is no internal category',
    'Name sales, admin, training or internal, joined by +.'
FROM pool WHERE NOT list_has_all(['sales', 'admin', 'training', 'internal'], string_split(from_categories, '+'))
UNION ALL
SELECT source_file, source_line, 'the avoidable share of pool ' || pool || ' is no number from 0 to 1', 'Correct the share.'
FROM pool WHERE NOT coalesce(TRY_CAST(avoidable_share AS DECIMAL(18, 9)), -1) BETWEEN 0 AND 1 AND avoidable_share IS NOT NULL
UNION ALL
SELECT source_file, source_line, 'pool ' || pool || ' is shared out by events and has no practical hours',
    'State the hours of a month that its amount pays for.'
FROM pool WHERE driver = 'events' AND coalesce(practical_hours_seconds, 0) <= 0
UNION ALL
SELECT source_file, source_line, 'pool ' || pool || ' has practical hours and is not shared out by events',
    'Leave the cell blank, or state events as its driver.'
FROM pool WHERE driver <> 'events' AND practical_hours_seconds IS NOT NULL
UNION ALL
SELECT gl_line.source_file, gl_line.source_line,
    'pool ' || pool.pool || ' has an amount at ' || pool.source_file || ':' || pool.source_line || ' and postings',
    'Leave the amount of the template blank, or map the GL account to ignore.'
FROM gl_line
JOIN gl_uses
    ON gl_uses.gl_account = gl_line.gl_account
    AND gl_uses.supplier IS NOT DISTINCT FROM gl_line.supplier
JOIN pool
    ON 'pool:' || pool.pool = use
    AND (monthly_amount_minor IS NOT NULL OR from_categories IS NOT NULL)
    AND last_day(line_date) >= coalesce(valid_from, line_date)
    AND date_trunc('month', line_date) <= coalesce(valid_to, line_date)
UNION ALL
SELECT gl_line.source_file, gl_line.source_line, 'a posting of ' || use || ' in ' || gl_line.currency || ' without a rate',
    'Export the rate or the amount in the home currency, or state the rate in the template own-fx-rates.'
FROM gl_line
JOIN gl_uses
    ON gl_uses.gl_account = gl_line.gl_account
    AND gl_uses.supplier IS NOT DISTINCT FROM gl_line.supplier
JOIN fx_rates
    ON fx_rates.currency IS NOT DISTINCT FROM gl_line.currency
    AND fx_rates.fx_rate IS NOT DISTINCT FROM gl_line.fx_rate
    AND fx_rates.day = gl_line.line_date
WHERE use LIKE 'pool:%' AND fx_rate_e12 IS NULL
UNION ALL
SELECT source_file, source_line, 'a loss allowance names no customer', 'State whose it is.'
FROM opening_ecl WHERE party IS NULL AND party_key IS NULL
UNION ALL
SELECT source_file, source_line, what || ' names no customer', 'State whose it is.'
FROM (
    SELECT source_file, source_line, 'a contract' AS what, party, party_key FROM contract
    UNION ALL
    SELECT source_file, source_line, 'a remedy', party, party_key FROM remedy
    UNION ALL
    SELECT source_file, source_line, 'an exemption', party, party_key FROM exemption
    UNION ALL
    SELECT source_file, source_line, 'a pin', party, party_key FROM pin
    UNION ALL
    SELECT source_file, source_line, 'an event', party, party_key FROM event
) WHERE party IS NULL AND party_key IS NULL
UNION ALL
SELECT source_file, source_line, 'the days of this ' || what || ' end before they start', 'Correct the days.'
FROM (
    SELECT source_file, source_line, 'contract' AS what, "start" AS first_day, "end" AS last_day FROM contract
    UNION ALL
    SELECT source_file, source_line, 'remedy', started, ended FROM remedy
    UNION ALL
    SELECT source_file, source_line, 'exemption', granted, expires FROM exemption
    UNION ALL
    SELECT source_file, source_line, 'pin', pinned, expires FROM pin
) WHERE last_day < first_day
UNION ALL
SELECT source_file, source_line, 'a pin of more than 12 months, to ' || expires,
    'End it within 12 months of its first day; a person may renew it then.'
FROM pin WHERE expires > pinned + INTERVAL 12 MONTH
UNION ALL
SELECT source_file, source_line, what, 'Correct the cell, or leave it blank.'
FROM (
    SELECT source_file, source_line, 'days of notice below zero' AS what FROM contract WHERE notice_days < 0
    UNION ALL
    SELECT source_file, source_line, 'contracted hours below zero' FROM contract WHERE contracted_hours_seconds < 0
    UNION ALL
    SELECT source_file, source_line, 'a contract is renewed for 1 to 120 months, not ' || renewal_months
    FROM contract WHERE NOT renewal_months BETWEEN 1 AND 120
    UNION ALL
    SELECT source_file, source_line, 'a satisfaction beyond any scale'
    FROM contract WHERE satisfaction IS NOT NULL AND TRY_CAST(satisfaction AS DECIMAL(18, 9)) IS NULL
)
UNION ALL
SELECT source_file, source_line, 'a number of events below zero', 'Correct the number.'
FROM event WHERE "count" < 0
UNION ALL
SELECT source_file, source_line, fault, remedy
FROM event
JOIN event_faults
    ON event_faults.stated = event.event
    AND event_faults.attributes IS NOT DISTINCT FROM event.attributes
    AND event_faults."count" = event."count"
UNION ALL
SELECT source_file, source_line, what || ' must be in ' || home_currency || '; here it is in ' || currency,
    'State the amount in the currency of the books.'
FROM (
    SELECT source_file, source_line, 'pool ' || pool AS what, currency FROM pool
    UNION ALL
    SELECT source_file, source_line, 'a loss allowance', currency FROM opening_ecl
    UNION ALL
    SELECT source_file, source_line, 'control total ' || line, currency FROM control_total
    UNION ALL
    SELECT source_file, source_line, 'cash', currency FROM cash
)
CROSS JOIN params
WHERE currency <> home_currency
UNION ALL
SELECT source_file, source_line, 'unknown line ' || line || ' of the statement',
    'Name net_revenue, pass_through, contractors, direct_expenses, payroll, pools or ledger_profit.'
FROM control_total
WHERE line NOT IN (
    'net_revenue', 'pass_through', 'contractors', 'direct_expenses', 'payroll', 'pools', 'ledger_profit')
UNION ALL
SELECT later.source_file, later.source_line,
    'the period of ' || later.line || ' meets the one at ' || earlier.source_file || ':' || earlier.source_line,
    'State each day of a line once.'
FROM control_total AS later
JOIN control_total AS earlier
    ON earlier.line = later.line
    AND (earlier.period_start, earlier.period_end) < (later.period_start, later.period_end)
    AND earlier.period_end >= later.period_start
