// What is empty, and whether a program says a key that the schema does not have.
// Such a key is looked for only where it is empty, since one that is filled is a difference as it is.
"use strict";

const OWN = new Set(["epoch", "version", "fingerprint"]);
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

function isEmpty(value) {
  return value === null || value === undefined || value === false || (typeof value === "object" && !Object.keys(value).length);
}
const formsOf = (defs) => (form) => {
  const found = form.$ref ? defs[form.$ref.split("/").pop()] : form;
  const chosen = [found.then, found.else].filter(isObject);
  const others = [...(found.anyOf ?? []), ...(found.oneOf ?? []), ...(found.allOf ?? []), ...chosen];
  return [found, ...others.flatMap(formsOf(defs))];
};
function isStrange(defs, forms, value) {
  if (value === null || typeof value !== "object" || forms.some(isEmpty)) return false;
  return Object.entries(value).some(([key, each]) => {
    const named = (form) => (Array.isArray(value) ? [...(form.prefixItems ?? []), form.items] : [form.properties?.[key] ?? form.additionalProperties]);
    const below = forms.flatMap(named).filter(isObject).flatMap(formsOf(defs));
    return below.length ? isStrange(defs, below, each) : isEmpty(each) && !OWN.has(key);
  });
}
const hasUnknown = (defs, { answers, changed }) => isStrange(defs, formsOf(defs)(defs.then), { answers, changed });

module.exports = { OWN, hasUnknown, isEmpty, isObject };
