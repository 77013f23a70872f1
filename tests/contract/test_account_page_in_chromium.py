"""The account page as a person sees it: in a real browser, with an account whose name is markup."""

import shutil
import subprocess
from html.parser import HTMLParser

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NAME = "<script>document.title='ran'</script><b>Bold & Sons</b>"
TIER = {"salesforce": "Profit_Tier__c", "hubspot": "profit_tier"}
REASON = {"salesforce": "Profit_Reason__c", "hubspot": "profit_reason"}

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


class Dom(HTMLParser):
    """Elements, and the text of each kind of element, as the browser has them after the page was loaded."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.texts, self._open = set(), {}, ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, _attrs):
        self.tags.add(tag)
        self._open = tag
        self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, _tag):
        self._open = ""

    def handle_data(self, data):
        if self._open:
            self.texts[self._open][-1] += data


@pytest.fixture
def browse(tmp_path):
    """Load a page in the browser and return what has become of it."""

    def load(url):
        command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        command += ["--disable-dev-shm-usage", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", url]
        return Dom(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout)

    return load


def test_a_name_of_markup_is_read_as_it_is_and_runs_nothing(sandbox, browse, tmp_path, name, connect):
    (account,) = sandbox.seed(name, accounts=[{"name": NAME, "external_key": "C-900"}]).values()
    sandbox.edit(name, account, {TIER[name]: "D", REASON[name]: "<img src=x onerror=\"document.title='ran'\">"})
    control = tmp_path / "control.html"
    control.write_text(f"<title>still</title>{NAME}")

    page = browse(connect().record_url(account))

    assert page.texts["h1"] == [NAME]
    assert page.texts["title"][0].startswith(NAME)
    assert {"script", "b", "img"}.isdisjoint(page.tags)
    assert "Tier D: does not cover the costs it causes" in " ".join(page.texts["p"])
    assert "<img src=x onerror=\"document.title='ran'\">" in page.texts["dd"]
    assert any(text.startswith("What this client's work leaves") for text in page.texts["dd"])
    assert browse(control.as_uri()).texts["title"] == ["ran"], "the browser does run scripts"
