"""Which strategy makes which type: what `st.from_type` asks for (see `crmcore_hypothesis`)."""

from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import strategies as st

from crmcore.domain.decisions import HANDLERS
from crmcore.domain.model import values as model
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.policy import ModeSwitchPolicy
from crmcore.domain.model.stages import LeadStages, Stage
from crmcore.domain.protocol.commands import SetAside
from crmcore.testing.strategies import values
from crmcore.testing.strategies.commands import commands, tokens
from crmcore.testing.strategies.images import crm_images
from crmcore.testing.strategies.records import activities, companies, contacts, deals, leads
from crmcore.testing.strategies.setup import lead_stages, pipelines, policies, stages

__all__ = ["BY_TYPE"]

#: A strategy for each type that a host may name in a signature.
BY_TYPE: dict[type, Callable[[], st.SearchStrategy[Any]]] = {
    Activity: activities,
    model.Address: values.addresses,
    Company: companies,
    Contact: contacts,
    model.ContactPoint: values.points,
    model.ContactPoints: values.contact_points,
    CrmImage: crm_images,
    model.CustomFields: values.custom_fields,
    Deal: deals,
    model.ExternalOrigin: values.origins,
    Lead: leads,
    LeadStages: lead_stages,
    ModeSwitchPolicy: policies,
    model.Money: values.money,
    model.PersonName: values.names,
    Pipeline: pipelines,
    Stage: stages,
    SwitchToken: tokens,
    model.Utm: values.utms,
    # Setting aside is a step that only `Crm` itself takes.
    **{kind: partial(commands, kind=kind) for kind in HANDLERS if kind is not SetAside},
}
