"""Numbers and domains of companies in one spelling, or not at all."""

import pytest

from connectors.company_ids import company_number, domain_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("FI20774740", "2077474-0"),
        ("FI 2077 4740", "fi20774740"),
        ("NL123456782B90", "NL 1234.56.782.B90"),
        ("DE 136 695 976", "DE136695976"),
        ("EL094259216", "EL 094259216"),
        ("GB980780684", "XI980780684"),
        ("NO 995 525 828 MVA", "NO995525828MVA"),
        ("12345678", " 1234 5678 "),
    ],
)
def test_spellings_of_one_number_are_equal(one, other):
    assert company_number(one) == company_number(other) is not None


@pytest.mark.parametrize(
    "text",
    [
        "NL001234567B01",  # the check digit of a placeholder
        "FI20774741",
        "2077474-1",
        "1234567",
        "123456789",
        "QQ123",
        "ACME",
        "-",
        "",
        "NL",
        "٢٠٧٧٤٧٤٠",
    ],
)
def test_what_is_no_number_is_none(text):
    assert company_number(text) is None


def test_eight_bare_digits_are_no_finnish_number():
    assert company_number("20774740") != company_number("2077474-0")


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("Ap@Nordhav.example", "nordhav.example"),
        ("https://www.nordhav.example/contact?x=1", "nordhav.example"),
        ("www.nordhav.example", "nordhav.example"),
        ("nordhav.example:8080", "nordhav.example"),
        ("someone@gmail.com", None),
        ("a@one.example, b@two.example", None),
        ("one@two", None),
        ("no address", None),
        ("http://[broken", None),
        ("@", None),
        ("", None),
    ],
)
def test_a_domain_is_that_of_the_address_or_none(text, domain):
    assert domain_of(text) == domain
