"""Names of companies as two sources write them: what of a name tells companies apart, and what does not."""

from __future__ import annotations

import unicodedata

_LEGAL_FORMS = {
    **{form: form for form in ("ab", "abp", "ag", "aps", "as", "asa", "bv", "bvba", "corp", "cv", "doo", "eg", "ev")},
    **{form: form for form in ("gbr", "gmbh", "gmbhcokg", "inc", "kft", "kg", "kgaa", "ky", "llc", "llp", "lp")},
    **{form: form for form in ("ltd", "nv", "oe", "ohg", "ood", "ou", "oy", "oyj", "plc", "pty", "ptyltd", "pvtltd")},
    **{form: form for form in ("sa", "sadecv", "sarl", "sas", "sasu", "se", "sl", "slu", "spa", "spzoo", "sro")},
    **{form: form for form in ("srl", "tmi", "ug", "uab", "vof", "zrt")},
    "aktiebolag": "ab",
    "aktiengesellschaft": "ag",
    "coltd": "ltd",
    "corporation": "corp",
    "gmbhundcokg": "gmbhcokg",
    "incorporated": "inc",
    "limited": "ltd",
    "osakeyhtio": "oy",
    "ptylimited": "ptyltd",
    "pvtlimited": "pvtltd",
    "privatelimited": "pvtltd",
}
"""A legal form as written, without blanks and punctuation -> one spelling of it."""

_LONGEST_FORM = 4
_PLAIN_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"})
"""Letters that Unicode does not take apart into a plain letter and an accent."""


def plain_name(name: str) -> tuple[str, str]:
    """Return a name without case, accents, punctuation and legal form, and the legal form (empty: none stated).

    `Müller & Söhne GmbH & Co. KG` -> (`muller sohne`, `gmbhcokg`); `BV` alone is a name, not a form.
    """
    words = _plain_text(name).split()
    for length in range(min(_LONGEST_FORM, len(words) - 1), 0, -1):
        form = _LEGAL_FORMS.get("".join(words[-length:]))
        if form:
            return " ".join(words[:-length]), form
    return " ".join(words), ""


def full_name(name: str) -> str:
    """Return a name without case, accents and punctuation, its legal form in one spelling: `Foo B.V.` -> `foo bv`."""
    return " ".join(part for part in plain_name(name) if part)


def _plain_text(name: str) -> str:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold()).translate(_PLAIN_LETTERS)
    return "".join(_plain_character(character) for character in folded)


def _plain_character(character: str) -> str:
    # Only accents of Latin, Greek and Cyrillic go: in other scripts a mark makes another word.
    if "\u0300" <= character <= "\u036f" or character in ".'\u2019":
        return ""
    return character if character.isalnum() or unicodedata.category(character).startswith("M") else " "
