"""The pages that a CRM user would see."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
import requests

_VOID = {"meta", "link", "br", "hr", "img", "input"}


class _Outline(HTMLParser):
    """Checks that elements nest, and collects tags and visible text."""

    def __init__(self):
        super().__init__()
        self.tags, self.text, self._open = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if data.strip() and "style" not in self._open:
            self.text.append(" ".join(data.split()))

    def close(self):
        super().close()
        assert self._open == []


@pytest.fixture
def read(sandbox):
    """Open a page and return its outline."""

    def open_page(path):
        answer = requests.get(sandbox.url + path, timeout=5)
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        outline = _Outline()
        outline.feed(answer.text)
        outline.close()
        return outline

    return open_page


def test_the_salesforce_page_shows_fields_with_label_value_and_help(sandbox, read, ids):
    account = ids["salesforce"]["C-001"]
    values = {
        "Profit_Tier__c": "C",
        "Profit_Net_12m__c": -1234.5,
        "Profit_Review__c": True,
        "Profit_Margin_Pct__c": 4.1,
    }
    sandbox.edit("salesforce", account, {**values, "Profit_Tier_Since__c": "2026-10-31"}, by="Integration user")
    text = read(f"/salesforce/Account/{account}").text

    assert text[text.index("Profitability tier") + 1] == "C: covers its own cost, not enough of the shared"
    assert text[text.index("Net client profit, last 12 months") + 1] == "-1,234.50"
    assert text[text.index("Net margin %") + 1] == "4.1 %"
    assert text[text.index("Tier since") + 1] == "31 Oct 2026"
    assert "Why the account has this tier, in one sentence." in text
    assert "Review for offboarding" in text
    assert text.index("Written by whalecurve") < text.index("Main reason") < text.index("Review decision")
    assert text.index("Yours to set; whalecurve only reads it") < text.index("Review decision")


def test_both_crms_show_the_same_values(sandbox, read, ids):
    for crm, tier, review in (
        ("salesforce", "Profit_Tier__c", "Profit_Review__c"),
        ("hubspot", "profit_tier", "profit_review"),
    ):
        sandbox.edit(crm, ids[crm]["C-002"], {tier: "B", review: True if crm == "salesforce" else "true"})
    pages = [
        read(f"/salesforce/Account/{ids['salesforce']['C-002']}"),
        read(f"/hubspot/company/{ids['hubspot']['C-002']}"),
    ]
    fields = [page.text[page.text.index("Client profitability") : page.text.index("History")] for page in pages]

    assert fields[0] == fields[1]


def test_the_history_tells_who_changed_what(sandbox, read, ids):
    account = ids["hubspot"]["C-001"]
    sandbox.edit("hubspot", account, {"profit_decision": "Keep"}, by="Jo Park")
    sandbox.edit("hubspot", account, {"profit_decision": "Phase out"}, by="Sam Lee")
    text = read(f"/hubspot/company/{account}").text
    lines = text[text.index("To") + 1 :]

    assert lines[1:5] == ["Sam Lee", "Review decision", "Keep", "Phase out"]
    assert lines[6:10] == ["Jo Park", "Review decision", "–", "Keep"]  # noqa: RUF001 - the dash of a blank


def test_markup_in_a_name_or_value_is_only_text(sandbox, read, ids):
    account = ids["salesforce"]["C-003"]
    sandbox.edit("salesforce", account, {"Profit_Decision_Note__c": "</dd><img src=x onerror=alert(1)>"})
    pages = [read("/"), read(f"/salesforce/Account/{account}")]

    for page in pages:
        assert "<script>alert(1)</script>" in page.text
        assert not {"script", "img"} & {tag for tag, _ in page.tags}
    assert "</dd><img src=x onerror=alert(1)>" in pages[1].text


def test_pages_forbid_scripts_and_say_their_language(sandbox, read):
    policy = requests.get(sandbox.url, timeout=5).headers["Content-Security-Policy"]
    page = read("/")

    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert ("html", {"lang": "en"}) in page.tags
    assert [tag for tag, _ in page.tags].count("h1") == 1


def test_the_list_links_every_account_and_shows_its_tier(sandbox, read, ids):
    sandbox.edit("salesforce", ids["salesforce"]["C-001"], {"Profit_Tier__c": "A"})
    sandbox.delete("hubspot", ids["hubspot"]["C-004"])
    page = read("/")
    links = {attrs["href"] for tag, attrs in page.tags if tag == "a"}

    assert {f"/salesforce/Account/{each}" for each in ids["salesforce"].values()} < links
    assert f"/hubspot/company/{ids['hubspot']['C-004']}" not in links
    assert page.text[page.text.index("Alder & Sons") + 1] == "A"
    assert {"5 accounts", "4 accounts"} <= set(page.text)


def test_the_vendors_own_addresses_show_the_same_page(sandbox, ids):
    account, company = ids["salesforce"]["C-001"], ids["hubspot"]["C-001"]
    for vendors, ours in (
        (f"/lightning/r/Account/{account}/view", f"/salesforce/Account/{account}"),
        (f"/contacts/123/record/0-2/{company}", f"/hubspot/company/{company}"),
    ):
        assert requests.get(sandbox.url + vendors, timeout=5).text == requests.get(sandbox.url + ours, timeout=5).text


def test_merged_deleted_and_unknown_accounts_have_a_page(sandbox, read, ids):
    new = sandbox.merge("hubspot", ids["hubspot"]["C-001"], ids["hubspot"]["C-002"])
    sandbox.delete("salesforce", ids["salesforce"]["C-001"])

    assert new in read(f"/hubspot/company/{ids['hubspot']['C-002']}").text
    assert "This account was deleted." in read(f"/salesforce/Account/{ids['salesforce']['C-001']}").text
    assert "No such account" in read("/salesforce/Account/nope").text
    assert requests.get(f"{sandbox.url}/hubspot/company/1", timeout=5).status_code == 404
