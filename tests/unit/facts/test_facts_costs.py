"""Costs, hours and pools: what for, by the maps of words."""

from datetime import date

from tests.unit.facts.records import DAY, hours, pool, posting, rate


def test_postings_become_costs_by_their_gl_account_or_supplier(build, rows_of):
    rows = [
        posting(1, gl_account="310", party="Alfa"),
        posting(2, gl_account="320", party="Beta"),
        posting(4, gl_account="310", supplier="Rail"),
        posting(8, gl_account="800", supplier="Rail", party="Alfa"),
        posting(16, gl_account="400"),
        ("direct_cost", {"cost_date": DAY, "kind": "expense", "amount_minor": 32, "party": "Beta"}),
    ]
    found = [(row["account_id"], row["kind"], row["amount_minor"]) for row in rows_of(build(*rows), "direct_costs")]

    assert sorted(found, key=lambda row: row[2]) == [
        ("001", "pass_through", 1),
        ("002", "contractor", 2),
        (None, "expense", 4),
        ("002", "expense", 32),
    ]


def test_a_posting_on_an_unknown_gl_account_is_nobodys_cost_and_is_listed(build, rows_of, column_of):
    rows = [posting(5, gl_account="999", party="Alfa"), posting(-7, gl_account="999"), posting(1, gl_account="998")]
    built = build(*rows)

    assert {(row["account_id"], row["kind"]) for row in rows_of(built, "direct_costs")} == {(None, "expense")}
    assert sum(column_of(built, "direct_costs", "amount_minor")) == -1
    assert [(found.gl_account, found.postings, found.amount_minor) for found in built.unknown_gl_accounts] == [
        ("999", 2, -2),
        ("998", 1, 1),
    ]


def test_a_customer_named_on_an_ignored_posting_alone_is_no_account(build):
    assert build(posting(gl_account="800", party="Tax Office")).unmatched == ()


def test_hours_of_one_day_person_account_and_category_are_one_row(build, rows_of):
    rows = [
        hours(3600, party="Alfa", task="Design"),
        hours(1800, party="ALFA", task="design"),
        hours(600, party="Alfa", task="Calls"),
    ]
    found = [(row["category"], row["worked_seconds"]) for row in rows_of(build(*rows), "time_entries")]

    assert sorted(found) == [("delivery", 5400), ("service", 600)]


def test_an_unknown_task_counts_as_delivery_and_is_listed_with_most_hours_first(build, rows_of):
    rows = [
        hours(60, party="Alfa", task="Misc"),
        hours(3600, task="Party"),
        hours(30, party="Alfa"),
        hours(5, task="Sales"),
        hours(7),
    ]
    built = build(*rows)

    found = {
        (row["account_id"], row["category"], row["is_category_known"]): row["worked_seconds"]
        for row in rows_of(built, "time_entries")
    }
    assert found == {
        ("001", "delivery", False): 90,
        (None, "internal", False): 3600,
        (None, "internal", True): 7,
        (None, "sales", True): 5,
    }
    assert [(unknown.task, unknown.is_internal) for unknown in built.unknown_tasks] == [
        ("Party", True),
        ("Misc", False),
        (None, False),
    ]


def test_a_person_is_who_the_rates_name_by_name_or_email(build, rows_of, column_of):
    rows = [
        rate(person="Ada Lovelace", email="ada@firm.example"),
        hours(1, person="ADA@firm.example"),
        hours(2, person="ada  lovelace"),
        hours(4, person="Bob"),
        hours(8, person="bob"),
        ("timesheet", {"person": "ada@firm.example", "expected_weeks": 2, "submitted_weeks": 1}),
    ]
    built = build(*rows)

    found = {row["person_id"]: row["worked_seconds"] for row in rows_of(built, "time_entries")}
    assert found == {"Ada Lovelace": 3, "Bob": 12}
    assert column_of(built, "timesheets", "person_id") == ["Ada Lovelace"]


def test_a_pool_without_days_holds_for_every_month_of_the_facts(build, rows_of):
    built = build(pool(avoidable_share="0.25"), hours(), hours(work_date=date(2025, 3, 2)))

    assert [(row["month"].month, row["amount_cents"], row["avoidable_ppm"]) for row in rows_of(built, "pools")] == [
        (1, 3100, 250_000),
        (2, 3100, 250_000),
        (3, 3100, 250_000),
    ]


def test_a_part_of_a_month_costs_by_its_days_half_up(build, rows_of):
    spans = [
        pool(valid_from=date(2025, 1, 17), valid_to=date(2025, 2, 14)),
        pool(pool="odd", valid_from=date(2025, 2, 1), valid_to=date(2025, 2, 14), monthly_amount_minor=1),
    ]
    built = build(*spans, hours(), hours(work_date=date(2025, 3, 2)))

    found = [(row["pool"], row["month"].month, row["amount_cents"]) for row in rows_of(built, "pools")]
    assert found == [("odd", 2, 1), ("rent", 1, 1500), ("rent", 2, 1550)]


def test_a_change_of_amount_inside_a_month_adds_up_to_one_row(build, rows_of):
    spans = [
        pool(valid_to=date(2025, 1, 10)),
        pool(valid_from=date(2025, 1, 11), monthly_amount_minor=6200, driver="none"),
    ]
    (row,) = rows_of(build(*spans, hours()), "pools")

    assert (row["amount_cents"], row["driver"]) == (1000 + 4200, "none")


def test_a_pool_of_hours_has_categories_and_no_amount(build, rows_of):
    stated = pool(monthly_amount_minor=None, from_categories="admin+training")
    (row,) = rows_of(build(stated, hours()), "pools")

    assert (row["amount_cents"], row["from_categories"]) == (None, "admin+training")


def test_postings_fill_a_pool_by_month_with_the_driver_that_the_template_gives_it(build, rows_of):
    rows = [
        pool(pool="fairs", monthly_amount_minor=None, driver="documents"),
        posting(1_000, gl_account="400"),
        posting(333, gl_account="400", currency="USD", fx_rate="0.5"),
        posting(-500, gl_account="400", line_date=date(2025, 3, 1)),
    ]
    found = rows_of(build(*rows), "pools")

    assert [(row["month"].month, row["amount_cents"], row["driver"]) for row in found] == [
        (1, 1_167, "documents"),
        (3, -500, "documents"),
    ]


def test_postings_of_a_pool_that_no_template_names_stay_at_firm_level(build, column_of):
    assert column_of(build(posting(gl_account="400")), "pools", "driver") == ["none"]
