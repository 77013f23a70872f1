-- A number in [0, 1) that depends on a key, on what it is for (salt) and on the seed. Hashing twice mixes well: the
-- salts of one key are as good as unrelated.
CREATE MACRO u(key, salt) AS
    (hash(xor(hash(key), CAST(salt + 1000 * getvariable('seed') AS UBIGINT))) >> 11) / 9007199254740992.0;

CREATE MACRO pick(key, salt, n) AS CAST(floor(u(key, salt) * n) AS BIGINT);

-- Box & Muller 1958.
CREATE MACRO normal(key, salt) AS sqrt(-2 * ln(1 - u(key, salt))) * cos(2 * pi() * u(key, salt + 1));

CREATE MACRO on_day(number) AS getvariable('first_day') + CAST(number AS INTEGER);

CREATE MACRO account_name(number) AS 'A' || lpad(CAST(number AS VARCHAR), 7, '0');

CREATE MACRO person_name(number) AS 'P' || lpad(CAST(number AS VARCHAR), 6, '0');

CREATE MACRO invoice_name(number) AS 'I' || lpad(CAST(number AS VARCHAR), 9, '0');

-- Few accounts are billed much, many little.
CREATE MACRO any_account(key, salt) AS CAST(floor(getvariable('accounts') * pow(u(key, salt), 1.5)) AS BIGINT);

-- Seven accounts of ten pay in the home currency, the others in one of five; 1 is home.
CREATE MACRO coin(number) AS CASE WHEN u(number, 1) < 0.7 THEN 1 ELSE 2 + pick(number, 2, 5) END;

CREATE MACRO coin_name(coin) AS ['EUR', 'USD', 'GBP', 'CHF', 'JPY', 'SEK'][coin];

-- Minor units of an amount beside one in the home currency.
CREATE MACRO coin_size(coin) AS [1, 1, 1, 1, 2, 10][coin];

-- Home minor units for one minor unit x 10^12; it moves by a few per cent, each currency at its own pace.
CREATE MACRO rate(coin, day) AS
    CASE
        WHEN coin = 1 THEN 1000000000000
        ELSE
            CAST(
                round(
                    [0, 921437000000, 1171250000000, 1052310000000, 612300000000, 87415000000][coin]
                    * (1 + 0.04 * sin(day / (30.0 + 5 * coin)))
                ) AS BIGINT
            )
    END;
