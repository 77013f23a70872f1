"""From the ledger's records to the facts that the engine reads: who, what for, in which currency."""

from __future__ import annotations

from connectors.facts.build import BuiltFacts, build_facts
from connectors.facts.coverage import SourceDates, source_dates

__all__ = ["BuiltFacts", "SourceDates", "build_facts", "source_dates"]
