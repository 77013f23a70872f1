-- Payments and write-offs, in minor units of the document's currency. A settlement that states none was read with the
-- digits of XXX, the finest there are, or of the home currency: 100.00 against a document in JPY is 100 yen.
SELECT
    settlement.document_id,
    settled_on,
    settlement.kind,
    settlement.gross_minor * document_currency.scale // stated_currency.scale AS gross_minor
FROM settlement
CROSS JOIN params
JOIN document USING (document_id)
JOIN currencies AS stated_currency ON stated_currency.currency = coalesce(settlement.currency, home_currency)
JOIN currencies AS document_currency ON document_currency.currency = coalesce(document.currency, home_currency)
