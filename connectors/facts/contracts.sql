-- What is agreed with each account on the last day of the window (of the facts, where none is given). A contract that
-- names the months of its renewal goes on past its end; hours count of those in force; the last one to end, one signed
-- ahead included, says when the relationship can end and with how much notice.
WITH named AS (
    SELECT account_id, contract.*, coalesce(window_end, last_day(last_month)) AS as_of
    FROM contract
    CROSS JOIN params
    JOIN party_accounts
        ON party_accounts.party_key IS NOT DISTINCT FROM contract.party_key
        AND party_accounts.party IS NOT DISTINCT FROM contract.party
), renewals AS (
    SELECT *, greatest(datediff('month', "end", as_of), 0) // renewal_months * renewal_months AS months_on FROM named
), terms AS (
    SELECT
        *,
        CAST(CASE
            WHEN renewal_months IS NULL OR as_of IS NULL OR "end" >= as_of THEN "end"
            WHEN "end" + to_months(CAST(months_on AS INTEGER)) >= as_of THEN "end" + to_months(CAST(months_on AS INTEGER))
            ELSE "end" + to_months(CAST(months_on + renewal_months AS INTEGER))
        END AS DATE) AS term_end
    FROM renewals
), standing AS (
    SELECT
        *,
        coalesce("start" <= as_of, true) AS is_in_force,
        row_number() OVER (
            PARTITION BY account_id
            ORDER BY
                term_end DESC NULLS FIRST, "start" DESC NULLS LAST, notice_days DESC, renewal_months DESC, satisfaction
        ) AS place
    FROM terms
    WHERE coalesce(term_end >= as_of, true)
)
SELECT
    account_id,
    CAST(sum(contracted_hours_seconds) FILTER (is_in_force) AS BIGINT) AS contracted_seconds,
    max(term_end) FILTER (place = 1) AS ends_on,
    max(notice_days) FILTER (place = 1) AS notice_days,
    max(renewal_months) FILTER (place = 1) AS renewal_months,
    CAST(round(arg_min(CAST(satisfaction AS DECIMAL(18, 9)), place) * 1000000) AS BIGINT) AS satisfaction_e6
FROM standing
GROUP BY account_id
