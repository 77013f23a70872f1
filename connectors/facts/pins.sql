-- Tiers that a person set for a time.
SELECT account_id, tier, owner, reason, pinned AS pinned_on, expires AS expires_on
FROM pin
JOIN party_accounts
    ON party_accounts.party_key IS NOT DISTINCT FROM pin.party_key
    AND party_accounts.party IS NOT DISTINCT FROM pin.party
