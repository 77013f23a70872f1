-- Why an account is not to be reviewed, who says so, and for how long.
SELECT account_id, kind, owner, reason, expires AS expires_on, granted AS granted_on
FROM exemption
JOIN party_accounts
    ON party_accounts.party_key IS NOT DISTINCT FROM exemption.party_key
    AND party_accounts.party IS NOT DISTINCT FROM exemption.party
