"""The three options of a switch as a form carries them, and the plan that was shown when it was confirmed."""

from collections.abc import Mapping
from hashlib import sha256

from attrs import astuple, evolve

from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.ids import PipelineId
from crmcore.domain.model.policy import DEFAULT_POLICY, ClientChoice, ModeSwitchPolicy
from crmcore.domain.protocol.results import Preview

__all__ = ["digest_of", "fields_of", "number_in", "policy_in"]

_CLIENTS = {choice.value for choice in ClientChoice}


def policy_in(form: Mapping[str, str]) -> ModeSwitchPolicy:
    """The policy that a form asks for; `asked` tells a form whose box is not ticked from an address without a form.

    Raises `InvalidValue` for a value that the form does not offer.
    """
    client = form.get("client", DEFAULT_POLICY.client.value)
    if client not in _CLIENTS:
        raise InvalidValue("client", "contact, company or both")
    kept = form.get("keep") == "on" if "asked" in form else DEFAULT_POLICY.keep_activities
    pipeline = number_in(form, "pipeline")
    return ModeSwitchPolicy(
        client=ClientChoice(client),
        pipeline_id=None if pipeline is None else PipelineId(pipeline),
        keep_activities=kept,
    )


def fields_of(policy: ModeSwitchPolicy, pace: int | None = None) -> dict[str, str]:
    """The fields of a form that ask for a policy and a pace: `policy_in` and `number_in` read them back."""
    fields = {"asked": "1", "client": policy.client.value}
    if pace is not None:
        fields["pace"] = str(pace)
    if policy.pipeline_id is not None:
        fields["pipeline"] = str(policy.pipeline_id)
    if policy.keep_activities:
        fields["keep"] = "on"
    return fields


def number_in(form: Mapping[str, str], name: str) -> int | None:
    """A whole number of a form, or `None` where it is missing or empty; raises `InvalidValue` for anything else."""
    text = form.get(name, "")
    if not text:
        return None
    if len(text) > 19 or not (text.isascii() and text.isdigit()):
        raise InvalidValue(name, "a whole number of at most 19 digits")
    return int(text)


def digest_of(preview: Preview) -> str:
    """What stands for a plan in a form: another digest means that it has moved, whatever else was added."""
    digest = sha256(repr(astuple(evolve(preview, before=None, leads=()))).encode())
    for plan in preview.leads:
        digest.update(repr(astuple(plan)).encode())
    return digest.hexdigest()
