SELECT
    on_day(pick(i, 90, getvariable('days'))) AS event_date,
    account_name(pick(i, 91, getvariable('accounts'))) AS account_id,
    ['ticket', 'mail'][1 + pick(i, 92, 2)] AS event,
    'help_desk' AS pool,
    1 + pick(i, 93, 5) AS events,
    60 * (1 + pick(i, 94, 60)) AS estimated_seconds
FROM range(getvariable('events')) AS t (i)
