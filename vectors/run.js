// A runner of the vectors that needs no Python: node vectors/run.js [--data FOLDER] [--program ./toy.js] [FAMILY …]
// It asks a module that exports `answer` and what it `has` (`needs`), and says per family what passed, failed, was skipped.
"use strict";

const { readFileSync, readdirSync } = require("fs");
const { isDeepStrictEqual } = require("util");
const path = require("path");
const { OWN, hasUnknown, isEmpty, isObject } = require("./form.js");

const NAMES = { pipelines: ["id"], leads: ["id"], deals: ["id"], contacts: ["id"], companies: ["id"], activities: ["id"],
  ledger: ["lead_id"], outcomes: ["switch", "lead_id"], switches: ["key"], commands: ["key"] };
const NUMBERED = { leads: "lead", deals: "deal", contacts: "contact", companies: "company", activities: "activity" };
const IDS = { lead_id: "lead", deal_id: "deal", contact_id: "contact", company_id: "company", activity_id: "activity",
  activity_ids: "activity" };
const UNORDERED = new Set(["bindings", "unbound", "skipped"]);
const mapped = (object, change) => Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));

// Without what is empty, and without what is an implementation's own business.
function bare(value, isData = false) {
  if (Array.isArray(value)) return value.map((each) => bare(each));
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => isData || !OWN.has(key));
  const found = kept.map(([key, each]) => [key, bare(each, ["custom", "amounts", "converted_amounts"].includes(key))]);
  return Object.fromEntries(found.filter(([, each]) => !isEmpty(each)));
}

// Records by what names them.
const nameOf = (table, row) => JSON.stringify(NAMES[table].map((key) => row[key]));
function rowsOf(document, table) {
  const keys = new Map(document.switches.map((row) => [row.epoch, row.key]));
  const rows = document[table].map((row) => (table === "outcomes" ? { switch: keys.get(row.epoch), ...row } : row));
  return new Map(rows.map((row) => [nameOf(table, row), bare(row)]));
}

// New ids go on from the highest known one, by the lead that a record comes from and by their own.
function numbering(asked, changed) {
  const numbers = {};
  const renumber = (kind, id) => numbers[kind]?.get(id) ?? id;
  const imports = asked.when.filter((step) => step.command === "import_records");
  for (const [table, kind] of Object.entries(NUMBERED)) {
    const brought = { leads: (step) => step.leads, activities: (step) => step.activities.map(([row]) => row) }[table];
    const known = new Set(asked.given.document[table].map((row) => row.id));
    for (const row of brought ? imports.flatMap(brought) : []) known.add(row.id);
    const rows = (changed[table] ?? []).filter((row) => !known.has(row.id));
    const lead = (row) => renumber("lead", row.lead_id ?? 0);
    rows.sort((one, other) => lead(one) - lead(other) || one.id - other.id);
    const highest = Math.max(0, ...known);
    numbers[kind] = new Map(rows.map((row, index) => [row.id, highest + 1 + index]));
  }
  return renumber;
}
function renumbered(value, renumber, key = "") {
  if (key in IDS) return Array.isArray(value) ? value.map((id) => renumber(IDS[key], id)) : renumber(IDS[key], value);
  if (key === "set_aside" && Array.isArray(value)) return value.map((id) => renumber("lead", id));
  if (Array.isArray(value)) {
    if (value.length === 2 && typeof value[0] === "string" && Number.isInteger(value[1])) return [value[0], renumber(...value)];
    const each = value.map((part) => renumbered(part, renumber));
    return UNORDERED.has(key) ? each.sort((one, other) => one[0].localeCompare(other[0]) || one[1] - other[1]) : each;
  }
  if (!isObject(value)) return value;
  const found = mapped(value, (each, name) => renumbered(each, renumber, name));
  if ("kind" in value && Number.isInteger(value.id)) found.id = renumber(value.kind, value.id);
  if (isObject(value.record) && "id" in value.record) found.record.id = renumber(value.kind, value.record.id);
  return found;
}

// What was said, in the form of `then`: every record that is not as it was, and nothing else.
function canonical(asked, said) {
  const renumber = numbering(asked, said.changed);
  const changed = {};
  const differs = (was, is) => [...new Set([...Object.keys(is), ...Object.keys(was)])].filter((key) => !isDeepStrictEqual(was[key], is[key]));
  const change = (was, told) => {
    const is = bare({ ...was, ...told });
    return Object.fromEntries(differs(was, is).map((key) => [key, is[key] ?? null]));
  };
  if (said.changed.settings) changed.settings = change(bare(asked.given.document.settings), said.changed.settings);
  if (said.changed.stages) changed.stages = change({ stages: bare(asked.given.document.stages) }, { stages: said.changed.stages }).stages ?? [];
  for (const [table, names] of Object.entries(NAMES)) {
    const before = rowsOf(asked.given.document, table);
    const rows = (said.changed[table] ?? []).map((row) => {
      const was = before.get(nameOf(table, row));
      const parts = row.gone ? (was ? { gone: true } : {}) : change(was ?? {}, row);
      if (was && !Object.keys(parts).length) return null;
      const named = { ...Object.fromEntries(names.map((key) => [key, row[key]])), ...parts };
      const found = renumbered(named, renumber);
      return table in NUMBERED ? { ...found, id: renumber(NUMBERED[table], row.id) } : found;
    });
    const key = (row) => names.map((name) => row[name]);
    const order = (one, other) => (key(one) < key(other) ? -1 : 1);
    changed[table] = rows.filter(Boolean).sort(table in NUMBERED ? (one, other) => one.id - other.id : order);
  }
  const answers = said.answers.map((each, index) => {
    const found = each && renumbered(bare(each), renumber);
    const { command = "", kind } = asked.when[index];
    if (found?.answer === "number" && "number" in found)
      found.number = renumber(command === "add_record" ? kind : command.split("_").pop(), found.number);
    return found;
  });
  return { answers, state: said.state, changed: Object.fromEntries(Object.entries(changed).filter(([, rows]) => !isEmpty(rows))) };
}

function option(words, name, otherwise) {
  const at = words.indexOf(name);
  return at < 0 ? otherwise : words.splice(at, 2)[1];
}
function main(words) {
  const folder = option(words, "--data", path.join(__dirname, "../src/crmcore/testing/vectors/data"));
  const { answer, has } = require(path.resolve(__dirname, option(words, "--program", "./toy.js")));
  const read = (name) => JSON.parse(readFileSync(path.join(folder, `${name}.json`), "utf8"));
  const [kept, { $defs: defs }] = [read("given"), read("schema")];
  const given = mapped(kept.given, (each) => ({ ...each, document: kept.documents[each.document], roles: kept.roles[each.roles] }));
  const known = readdirSync(folder).map((file) => path.basename(file, ".json")).filter((name) => !["given", "schema"].includes(name));
  let failures = 0;
  for (const family of words.length ? words : known) {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const vector of read(family).vectors) {
      const asked = { ...vector, given: given[vector.given] };
      const said = vector.needs.some((need) => !has.includes(need)) ? { skipped: "needs more" } : answer(asked);
      const lacks = !said.skipped && said.answers.length !== vector.when.length;
      const found = said.skipped ? null : lacks ? { answers: said.answers } : canonical(asked, said);
      const strange = found && hasUnknown(defs, said);
      const passed = found && !strange && isDeepStrictEqual(found, vector.then);
      counts[found ? (passed ? "passed" : "failed") : "skipped"] += 1;
      const shown = (value) => JSON.stringify(value).slice(0, 400);
      if (found && !passed) process.stdout.write(`${vector.id}: expected ${shown(vector.then)}, got ${strange ? "an unknown key that is empty" : shown(found)}\n`);
    }
    failures += counts.failed;
    process.stdout.write(`${family}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
  }
  process.exitCode = failures ? 1 : 0;
}

module.exports = { canonical };

if (require.main === module) main(process.argv.slice(2));
