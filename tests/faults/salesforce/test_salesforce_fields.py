"""Fields that are missing, hidden or of another form: all named before anything is written."""

import pytest

from connectors.base import CrmOptions
from connectors.errors import CrmAccessError, CrmAnswerError


def refusal(status, code, message="said no"):
    return status, [{"errorCode": code, "message": message}]


def test_all_faults_of_the_fields_are_named_at_once(org, connect):
    fields = {each["name"]: dict(each) for each in org.account_fields()}
    del fields["Profit_Tier__c"]
    fields["Profit_Reason__c"]["length"] = 80
    fields["Profit_Net_12m__c"]["scale"] = 0
    fields["Profit_Review__c"]["updateable"] = False
    fields["Profit_Notice_By__c"]["type"] = "datetime"
    fields["Profit_Tier_Status__c"]["picklistValues"] = [
        {"value": "Final", "active": True},
        {"value": "Provisional", "active": True},
        {"value": "Pinned", "active": False},
    ]
    fields["Profit_Decision__c"]["updateable"] = False  # people's: we only read it
    org.instead("GET", f"{org.describe_path}/Account", (200, {"fields": list(fields.values())}))
    org.instead("GET", f"{org.describe_path}/Opp", refusal(404, "NOT_FOUND"))

    with pytest.raises(CrmAccessError) as caught:
        connect(options=CrmOptions(account_key="accountnumber", started_on="Since__c")).check()

    told = str(caught.value)
    for name in (
        "Account.Since__c is missing",
        "Account.Profit_Tier__c is missing",
        "Account.Profit_Reason__c holds 80",
        "Account.Profit_Net_12m__c keeps 0",
        "Account.Profit_Review__c is read-only",
        "Account.Profit_Notice_By__c is of type datetime",
        "Account.Profit_Tier_Status__c lacks the values Pinned",
        "Opportunity.Amount is missing",
        "permission set",
    ):
        assert name in told
    assert "Profit_Decision__c" not in told


def test_field_that_vanishes_after_the_check_is_named(org, connect):
    connector = connect()
    connector.check()
    message = f"SELECT Id\n  ^\nERROR\nNo such column 'Profit_Tier__c' on entity '{org.account_name}'."
    org.instead("GET", org.query_path, refusal(400, "INVALID_FIELD", message))

    with pytest.raises(CrmAccessError, match="Profit_Tier__c") as caught:
        list(connector.pull_accounts())

    assert org.account_name not in str(caught.value)


def test_description_without_fields_is_a_broken_answer(org, connect):
    org.always("GET", f"{org.describe_path}/Account", (200, {"name": "Account"}))

    with pytest.raises(CrmAnswerError):
        connect().check()
