-- Events by account, kind and day, with the time that their equation gives them.
SELECT
    event_date,
    account_id,
    event_times.event,
    pool,
    CAST(sum(event."count") AS BIGINT) AS events,
    CAST(sum(estimated_seconds) AS BIGINT) AS estimated_seconds
FROM event
JOIN event_times
    ON event_times.stated = event.event
    AND event_times.attributes IS NOT DISTINCT FROM event.attributes
    AND event_times."count" = event."count"
JOIN party_accounts
    ON party_accounts.party_key IS NOT DISTINCT FROM event.party_key
    AND party_accounts.party IS NOT DISTINCT FROM event.party
GROUP BY event_date, account_id, event_times.event, pool
