-- Nine invoices of ten are paid, one of ten in two parts, most of them late (lognormal); of some a part is written off.
WITH dated AS (
    SELECT
        document_id,
        gross_minor,
        u(document_id, 80) AS fate,
        due_date + CAST(least(300, exp(2.5 + 0.9 * normal(document_id, 81)) - 8) AS INTEGER) AS paid_on
    FROM made_documents
    WHERE kind = 'invoice' AND gross_minor > 1
)

SELECT
    document_id,
    paid_on AS settled_on,
    'payment' AS kind,
    CASE WHEN fate < 0.1 THEN gross_minor // 2 ELSE gross_minor END AS gross_minor
FROM dated
WHERE fate < 0.92
UNION ALL
SELECT
    document_id,
    paid_on + CAST(10 + pick(document_id, 83, 60) AS INTEGER) AS settled_on,
    CASE WHEN fate < 0.01 THEN 'write_off' ELSE 'payment' END AS kind,
    gross_minor - gross_minor // 2 AS gross_minor
FROM dated
WHERE fate < 0.1
