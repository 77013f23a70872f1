"""What a run saw and concluded, kept as Parquet beside the store, so that every written value can be traced.

`<data>/runs/<run id>/` holds the frames of the verdicts, and `figures.json` (what the guards compare the next run
with). Written once, read by `explain` and by the approval of a saved plan.
"""

from __future__ import annotations

import glob
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.exports.frames import open_database
from connectors.facts.build import TRACE_FILE
from profitability.errors import WhalecurveError
from sync.disk import telling_disk_errors

if TYPE_CHECKING:
    import pandas as pd

    from profitability.verdicts import Verdicts

FRAMES = (
    "accounts",
    "statement",
    "lines",
    "firm",
    "reconciliation",
    "explanation",
    "problems",
    "portfolio",
    "concentration",
    "prices",
    "remedies",
    "levers",
    "exits",
    "reviews",
    "phase_out",
    "people",
    "reinvestment",
    "loss_rates",
)


class EvidenceError(WhalecurveError):
    """The evidence of a run is not as it was left; its values cannot be explained or applied."""

    code = "WC-062"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The folder of one run."""

    folder: Path

    @classmethod
    def of_run(cls, data_folder: Path, run_id: str) -> Evidence:
        """Return the evidence of a run, whether it exists or not."""
        return cls(data_folder / "runs" / run_id)

    def save(self, verdicts: Verdicts, figures: Mapping[str, Any]) -> None:
        """Write everything; the folder appears under its name only when it is whole.

        Raises:
            StoreError: the disk is full or cannot be written.
        """
        draft = self.folder.with_name(f".{self.folder.name}.new")
        told = {
            **figures,
            "home_currency": verdicts.home_currency,
            "first_day": verdicts.window.first_day.isoformat(),
            "last_day": verdicts.window.last_day.isoformat(),
            "books_status": verdicts.books_status,
            "coverage": verdicts.coverage,
        }
        with telling_disk_errors(self.folder.parent):
            self.folder.parent.mkdir(mode=0o700, exist_ok=True)
            draft.mkdir(mode=0o700)
            _write({draft / f"{name}.parquet": getattr(verdicts, name) for name in FRAMES})
            (draft / "figures.json").write_text(json.dumps(told, indent=1, sort_keys=True), encoding="utf-8")
            draft.rename(self.folder)

    def frame(self, name: str) -> pd.DataFrame:
        """Return one of `FRAMES` as it was saved.

        Raises:
            EvidenceError: the file is gone or damaged.
        """
        return _read(self._existing(f"{name}.parquet"), "SELECT * FROM read_parquet($path)")

    def trace(self, ledger_folder: Path, account_id: str) -> pd.DataFrame:
        """Return the records behind one account's figures in the run's months.

        The ledger holds the records as they were read last: after a later run they may differ from this run's.

        Returns:
            One row per record, oldest first: day, record, what, amount_minor (of currency; null for hours),
            currency, fx_origin (rate of exchange and its source, empty: none was needed or known), worked_seconds,
            source_file (its name), source_line.

        Raises:
            EvidenceError: the ledger's trace is gone or damaged.
        """
        path = ledger_folder / TRACE_FILE
        if not path.exists():
            raise EvidenceError("the ledger has no records", where=str(path), remedy="Run `whalecurve plan`.")
        figures = self.figures()
        return _read(
            path,
            """
            SELECT day, record, coalesce(what, '') AS what, amount_minor, currency,
                   coalesce(fx_origin, '') AS fx_origin, worked_seconds, parse_filename(source_file) AS source_file,
                   source_line
            FROM read_parquet($path)
            WHERE account_id = $account AND day BETWEEN CAST($first AS DATE) AND CAST($last AS DATE)
            ORDER BY ALL
            """,
            account=account_id,
            first=figures["first_day"],
            last=figures["last_day"],
        )

    def figures(self) -> dict[str, Any]:
        """Return the figures of the run.

        Raises:
            EvidenceError: the file is gone or damaged.
        """
        path = self._existing("figures.json")
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise _lost("damaged", path) from error
        return found

    def _existing(self, name: str) -> Path:
        path = self.folder / name
        if not path.exists():
            raise _lost("gone", path)
        return path


def _lost(how: str, path: Path) -> EvidenceError:
    return EvidenceError(
        f"the run's evidence is {how}",
        where=str(path),
        remedy="Run `whalecurve plan`: it computes everything anew.",
    )


def _read(path: Path, sql: str, **parameters: str) -> pd.DataFrame:
    import duckdb

    try:
        with open_database() as connection:
            return connection.execute(sql, {"path": glob.escape(str(path)), **parameters}).df()
    except duckdb.Error as error:
        raise _lost("damaged", path) from error


def _write(frames: Mapping[Path, pd.DataFrame]) -> None:
    with open_database() as connection:
        for path, frame in frames.items():
            connection.from_df(frame).write_parquet(str(path))
            path.chmod(0o600)
