-- What people decided, on the record of the CRM; accounts whose fields are blank have no row.
SELECT account_id, decision, holds_until
FROM crm_accounts
WHERE decision IS NOT NULL OR holds_until IS NOT NULL
