from __future__ import annotations

import importlib
import pkgutil

import pytest

import connectors
import profitability
import sync
from connectors.errors import CrmAnswerError, CrmBudgetError, CrmLoginError, InputError
from connectors.transport import TransientCrmError
from profitability.errors import WhalecurveError
from sync.errors import DriftError, OrgMismatchError, RunActiveError, SecretFileError
from sync.exit_codes import EXIT_CODES, exit_code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SecretFileError("x"), 2),
        (DriftError("x"), 4),
        (InputError("x"), 5),
        (CrmLoginError("x"), 6),
        (CrmBudgetError("x"), 7),
        (CrmAnswerError("x"), 8),
        (TransientCrmError("x"), 8),
        (OrgMismatchError("x"), 9),
        (RunActiveError("x"), 75),
        (WhalecurveError("x"), 1),
    ],
)
def test_an_error_ends_with_the_code_of_its_recovery(error, code):
    assert exit_code(error) == code


def subclasses(kind):
    return {kind}.union(*(subclasses(child) for child in kind.__subclasses__())) if kind.__subclasses__() else {kind}


def test_every_error_of_the_product_has_an_exit_code_and_every_exit_code_an_error():
    for package in (connectors, profitability, sync):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    ours = {
        kind
        for kind in subclasses(WhalecurveError) - {WhalecurveError}
        if kind.__module__.partition(".")[0] in {"connectors", "profitability", "sync"}
    }

    assert {kind.__name__ for kind in ours if kind.code not in EXIT_CODES} == set()
    assert {kind.code for kind in ours} == set(EXIT_CODES)
