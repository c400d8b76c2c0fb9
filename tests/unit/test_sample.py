"""The sample that ships with the package: made by its tool, and with one of each thing that a demonstration shows."""

from decimal import Decimal

import pytest
from tools import make_sample

from crmcore.adapters.bitrix24_csv import LeadFile, read_activities, read_leads
from crmcore.domain.model.ids import Kind
from crmcore.domain.model.stages import StageSemantics
from crmcore.domain.model.values import PointKind
from crmcore.sample import activities_file, leads_file


@pytest.fixture(scope="module")
def sample() -> LeadFile:
    return read_leads(leads_file())


def test_the_tool_makes_the_files_to_the_byte() -> None:
    """Whoever changes the tool makes the files again."""
    assert leads_file().read_bytes() == make_sample.leads().encode("utf-8-sig")
    assert activities_file().read_bytes() == make_sample.activities().encode()


def test_the_sample_is_read_without_a_bad_row(sample: LeadFile) -> None:
    """30 leads, 28 of them active, one good and one junk."""
    assert (len(sample.leads), sample.bad_rows, sample.skipped_rows) == (30, (), ())
    meanings = [lead.semantics for lead in sample.leads]
    assert [meanings.count(each) for each in StageSemantics] == [28, 1, 1]
    assert sample.unplaced == {"Linked user": 0, "Product": 1, "Price": 1, "Quantity": 1}


def test_the_sample_shows_one_of_each_kind_of_lead(sample: LeadFile) -> None:
    """Only a title; only a company; several phones; cents, and a third digit behind the point."""
    only_title, only_company, busy, *_ = sample.leads
    assert only_title.title
    assert not any((only_title.name, only_title.company_title, only_title.contact_points))
    assert only_company.company_title
    assert not any((only_company.name, only_company.contact_points))
    assert len(busy.contact_points.values_of(PointKind.PHONE)) == 3
    amounts = {lead.amount.amount for lead in sample.leads if lead.amount}
    assert {Decimal("18499.95"), Decimal("12.345")} <= amounts


def test_the_sample_s_activities_belong_to_its_leads(sample: LeadFile) -> None:
    """One is complete, one is shared by two leads, and one belongs to a lead that no switch touches."""
    leads = {lead.id: lead for lead in sample.leads}
    file = read_activities(activities_file(), list(leads))
    assert (len(file.activities), file.bad_rows, file.unplaced) == (9, (), {})
    assert sum(activity.completed for activity, _ in file.activities) == 1
    assert sorted(len(bound) for _, bound in file.activities) == [1] * 8 + [2]
    bound_to = {ref.id for _, bound in file.activities for ref in bound if ref.kind is Kind.LEAD}
    assert [id for id in bound_to if not leads[id].is_active] == [106]  # type: ignore[index]  # ids of leads


@pytest.mark.rule("DATA-2")
def test_nobody_in_the_sample_can_be_reached(sample: LeadFile) -> None:
    """Mail domains and phone numbers are those that are kept for examples."""
    for lead in sample.leads:
        assert all(mail.endswith(".example") for mail in lead.contact_points.values_of(PointKind.EMAIL))
        assert all(" 555 01" in phone for phone in lead.contact_points.values_of(PointKind.PHONE))
