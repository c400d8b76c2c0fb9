// A toy of the rules of modes and rights, without conversions: a second implementation in an afternoon.
// As a program it reads a vector as one JSON line and answers with one; README.md beside it says how to ask it.
"use strict";

const { Refusal, Skip, World, no } = require("./world.js");

const COMMANDS = {
  add_lead(world, actor, { fields }) {
    const lead = { responsible: actor, ...fields, title: fields.title?.trim() ? fields.title : null, created_at: world.clock };
    if (!world.reaches(actor, "add", "lead", lead)) no("not_permitted", "PERM-6");
    const named = world.stages.find((each) => each.code === fields.stage);
    const converted = (named?.semantics ?? "P") === "P" && world.state !== "classic";
    if (converted && !world.live) world.terms(world.policy);
    const stage = fields.stage ? named ?? no("unknown_stage", "STAGE-1", "stages", fields.stage) : world.stage(null, "P");
    for (const kind of ["contact", "company"]) if (lead[`${kind}_id`]) world.open(actor, "read", kind, lead[`${kind}_id`]);
    if (converted) throw new Skip("conversions");
    lead.id = 1 + Math.max(0, ...world.leads.map((each) => each.id));
    world.leads.push(lead);
    return world.move(lead, stage);
  },
  close_lead(world, actor, { lead_id, stage }) {
    const lead = world.open(actor, "update", "lead", lead_id);
    if (lead.deal_id) no("already_converted", "CONV-9", "deal", lead.deal_id);
    const to = world.stage(stage, "F");
    if (world.live && lead.semantics === "P") world.record(lead_id, { kind: "closed" });
    return lead.semantics === "F" && stage === null ? lead_id : world.move(lead, to);
  },
  reopen_lead(world, actor, { lead_id, stage }) {
    const lead = world.open(actor, "update", "lead", lead_id), active = lead.semantics === "P";
    if (!active && world.state !== "classic") no("reopen_refused", "SWITCH-6", "lead", lead_id);
    const to = world.stage(stage, "P");
    if (active && stage === null) return lead_id;
    if (lead.deal_id) no("already_converted", "CONV-9", "deal", lead.deal_id);
    if (world.marked.includes(lead)) world.record(lead_id, null);
    return world.move(lead, to);
  },
  convert_lead(world, actor, { lead_id, policy }) {
    const lead = world.open(actor, "update", "lead", lead_id);
    world.mayMake(actor, policy ?? world.policy, lead.contact_id || lead.company_id ? [] : undefined);
    const row = world.ledger.find((each) => each.lead_id === lead_id);
    if (row) return { answer: "converted_lead", row, already: true };
    if (policy || !world.live) world.terms(policy ?? world.policy);
    if (lead.semantics !== "P") no("lead_closed", "SWITCH-2", "lead", lead_id);
    throw new Skip("conversions");
  },
  begin_switch(world, actor, { key, policy }) {
    world.steers(actor);
    world.mayMake(actor, policy);
    const known = world.switches.find((each) => each.key === key), named = { ...policy, pipeline_id: policy.pipeline_id ?? 0 };
    const had = known && Object.fromEntries(Object.keys(named).map((name) => [name, known.terms[name]]));
    if (known && Object.keys(named).some((name) => had[name] !== named[name])) no("key_conflict", "SWITCH-10", "switch", key, { policy: had });
    if (known) return known.ended ? { answer: "switch_done", switch: known } : world.token();
    if (world.live) no("switch_in_progress", "SWITCH-10", "switch", world.live.key);
    if (world.state === "simple") return { answer: "no_change" };
    const terms = world.terms(policy), epoch = world.settings.epoch + 1;
    Object.assign(world.settings, { epoch, switching: { epoch, key, terms } });
    const row = { key, epoch, terms, at_begin: world.active.length, began_at: world.clock, ended: null, ended_at: null };
    world.told.add(row) && world.switches.push(row);
    return world.token();
  },
  convert_chunk(world, actor, { token }) {
    world.holds(token);
    if (world.waiting.length) throw new Skip("conversions");
    return { answer: "chunk_done" };
  },
  set_aside(world, actor, { token, lead_id, code }) {
    world.holds(token);
    if (!world.active.some((each) => each.id === lead_id)) no("lead_closed", "SWITCH-2", "lead", lead_id);
    if (world.outcome(lead_id)?.kind !== "set_aside") world.record(lead_id, { kind: "set_aside", code });
    const { switch: of, lead_id: id, ...outcome } = world.outcome(lead_id);
    return { answer: "lead_outcome", ...outcome };
  },
  finish_switch(world, actor, { token }) {
    const known = world.switches.find(({ key, epoch }) => key === token.key && epoch === token.epoch);
    if (known?.ended === "finished") return { answer: "switch_done", switch: known };
    world.holds(token);
    if (world.waiting.length) return { answer: "switch_unfinished", remaining: world.waiting.length };
    if (world.marked.length) return { answer: "switch_blocked", set_aside: world.marked.map((lead) => lead.id) };
    return world.end("finished");
  },
  resume_switch(world, actor) { return world.steersLive(actor) && world.token(); },
  retry_switch(world, actor) {
    if (world.steersLive(actor)) for (const lead of world.marked) world.record(lead.id, null);
    return world.token();
  },
  cancel_switch(world, actor) {
    return world.steersLive(actor) && world.plan ? world.end("cancelled") : no("plan_without_classic", "PLAN-1");
  },
  switch_to_classic(world, actor) {
    world.steers(actor);
    if (world.live) no("switch_in_progress", "SWITCH-10", "switch", world.live.key);
    if (!world.plan) no("plan_without_classic", "PLAN-1");
    if (world.state === "classic") return { answer: "no_change" };
    world.settings.mode = "classic";
    return { answer: "epoch" };
  },
};

function resolved(value, answers) {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((each) => resolved(each, answers));
  if ("step" in value) return (value.part?.split(".") ?? []).reduce((part, name) => part[name], answers[value.step]);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolved(each, answers)]));
}

function run(world, step, answers) {
  if (step.set) return Object.assign(world, step.set) && null;
  const command = COMMANDS[step.command];
  if (!command) throw new Skip(step.command ?? step.call);
  try {
    const said = command(world, step.actor, resolved(step, answers));
    return typeof said === "number" ? { answer: "number", number: said } : said;
  } catch (refusal) {
    if (refusal instanceof Refusal) return refusal;
    throw refusal;
  }
}

function answer({ id, given, when }) {
  const world = new World(given), answers = [];
  try {
    for (const step of when) answers.push(run(world, step, answers));
  } catch (skip) {
    if (skip instanceof Skip) return { id, skipped: `the toy has no ${skip.what}` };
    throw skip;
  }
  const { settings, moved, told, ends } = world;
  return { id, answers, state: world.state, changed: { settings, leads: [...moved], switches: [...told], outcomes: [...ends.values()] } };
}

module.exports = { answer, has: ["rights"] };

if (require.main === module) {
  const lines = require("readline").createInterface({ input: process.stdin });
  lines.on("line", (line) => process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`));
}
