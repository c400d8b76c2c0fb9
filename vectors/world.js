// What the toy knows of a CRM: its records, who may do what, and the state that follows from both.
"use strict";

class Refusal { constructor(parts) { Object.assign(this, { answer: "refused", ...parts }); } }
class Skip { constructor(what) { this.what = what; } }
const no = (code, rule, kind = null, id = null, more = {}) => { throw new Refusal({ code, rule, kind, id, ...more }); };
const LEVELS = ["none", "own", "open", "all"];
const NO_COUNTS = { contacts: 0, companies: 0, bound: 0, completed: 0, kept_open: 0 };

class World {
  constructor({ document, plan, clock, roles }) {
    Object.assign(this, structuredClone(document), { plan: plan ?? true, clock, roles, moved: new Set(), told: new Set(), ends: new Map() });
    for (const row of this.outcomes) row.switch = this.switches.find((each) => each.epoch === row.epoch).key;
  }
  get live() { return this.settings.switching; }
  get state() {
    if (this.live) return !this.waiting.length && this.marked.length ? "blocked" : "switching";
    return this.settings.mode === "simple" ? "simple" : this.plan ? "classic" : "unlicensed";
  }
  get active() { return this.leads.filter((lead) => !lead.deleted_at && lead.semantics === "P"); }
  get marked() { return this.active.filter((lead) => this.outcome(lead.id)?.kind === "set_aside"); }
  get waiting() { return this.active.filter((lead) => !this.marked.includes(lead)); }
  get policy() { return this.live?.terms ?? this.settings.last_policy ?? { client: "contact", pipeline_id: 0 }; }
  outcome(id) { return this.outcomes.find((row) => row.lead_id === id && row.switch === this.live?.key); }

  // Rights: of several roles the highest level counts; what cannot be read is not there.
  has(actor, flag) { return (this.roles[actor] ?? []).some((role) => role.administrator || role[flag]); }
  level(actor, operation, kind, pipeline = null) {
    if (this.has(actor, "administrator")) return 3;
    const grants = (this.roles[actor] ?? []).flatMap((role) => role.levels ?? []);
    const fits = ([op, of, where]) => op === operation && of === kind && (where === null || where === pipeline);
    return Math.max(0, ...grants.filter(fits).map(([, , , level]) => LEVELS.indexOf(level)));
  }
  reaches(actor, operation, kind, record) {
    const level = this.level(actor, operation, kind);
    return level === 3 || (level >= 1 && record.responsible === actor) || (level === 2 && Boolean(record.opened));
  }
  open(actor, operation, kind, id) {
    const table = { lead: this.leads, contact: this.contacts, company: this.companies }[kind];
    const found = table.find((each) => each.id === id && !each.deleted_at);
    if (!found || !this.reaches(actor, "read", kind, found)) no("unknown_record", "PERM-6", kind, id);
    return this.reaches(actor, operation, kind, found) ? found : no("not_permitted", "PERM-6", kind, id);
  }
  mayMake(actor, { client, pipeline_id }, kinds = { both: ["contact", "company"] }[client] ?? [client]) {
    const pipeline = pipeline_id ?? 0;
    if (!this.level(actor, "add", "deal", pipeline)) no("not_permitted", "PERM-3", "pipeline", pipeline);
    if (!kinds.every((kind) => this.level(actor, "add", kind))) no("not_permitted", "PERM-3");
  }
  steers(actor) { return this.has(actor, "settings") || no("not_permitted", "PERM-1"); }
  steersLive(actor) { return this.steers(actor) && (this.live || no("not_switching", "MODE-6")); }
  holds({ key, epoch }) {
    if (!this.live) no("stale_switch", "SWITCH-4");
    if (key !== this.live.key || epoch !== this.live.epoch) no("stale_switch", "SWITCH-4", "switch", key);
  }

  stage(code, meaning) {
    const found = this.stages.find((stage) => (code === null ? stage.semantics === meaning : stage.code === code));
    return found?.semantics === meaning ? found : no("unknown_stage", "STAGE-1", "stages", code);
  }
  terms({ client, pipeline_id, keep_activities }) {
    const pipeline = this.pipelines.find((each) => each.id === (pipeline_id ?? 0));
    if (!pipeline || pipeline.archived) no("unknown_pipeline", "POLICY-2", "pipeline", pipeline_id ?? 0);
    const deal_stage = pipeline.stages.find((stage) => stage.semantics === "P").code;
    const lead_stage = this.stage(null, "S").code;
    return { client, pipeline_id: pipeline.id, deal_stage, lead_stage, keep_activities, match: this.settings.match };
  }
  move(lead, { code, semantics }) { this.moved.add(Object.assign(lead, { stage: code, semantics })); return lead.id; }
  record(id, outcome) {
    this.outcomes = this.outcomes.filter((row) => row !== this.outcome(id));
    const row = { switch: this.live.key, lead_id: id, ...(outcome ? { code: null, ...NO_COUNTS, ...outcome } : { gone: true }) };
    if (outcome) this.outcomes.push(row);
    this.ends.set(id, row);
  }
  token() { return { answer: "switch_token", key: this.live.key, epoch: this.live.epoch }; }
  end(ended) {
    const row = this.switches.find((each) => each.key === this.live.key);
    this.told.add(Object.assign(row, { ended, ended_at: this.clock }));
    const { client, pipeline_id, keep_activities } = row.terms;
    if (ended === "finished") Object.assign(this.settings, { mode: "simple", last_policy: { client, pipeline_id, keep_activities } });
    this.settings.switching = null;
    return { answer: "switch_done", switch: row };
  }
}

module.exports = { Refusal, Skip, World, no };
