// The lab: reads what the registry knows and shows it. Nothing here changes anything.

import { fetchWithKey } from "./key.js";
import { bar, curve, interval, lineage, number } from "./lab_drawing.js";

const HAND_SET = "hand-set weights";
const ROW_HEIGHT = 34;
const MOST_DECISIONS = 60;
const LONGEST_BAR = 1; // a population stability index far above its limit must not hide the others
const METHODS = { rips: "from the log", canary: "as a canary", watch: "by the watcher" };

const time = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const at = (element) => document.getElementById(element);

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function pill(status) {
  return make("span", { class: `pill is-${status.replaceAll(" ", "-")}` }, status);
}

function table(headings, rows) {
  const head = make("tr", {}, ...headings.map(([text, kind]) => make("th", { scope: "col", class: kind }, text)));
  const body = rows.map((row) =>
    make("tr", {}, ...row.map((cell, i) => make("td", { class: headings[i][1] }, cell))));
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
}

function nothing(text) {
  return make("p", { class: "nothing" }, text);
}

/** The ranker's part of `/v1/models`: who is served by what, and how it does. */
function showServing(models) {
  const rankers = models.filter((model) => model.name === "ranker" && model.status !== "candidate");
  const aside = rankers.filter((model) => ["canary", "control"].includes(model.status));
  const others = aside.reduce((sum, model) => sum + model.share, 0);
  at("serving").replaceChildren(...rankers.map((model) => {
    const share = model.status === "live" ? 1 - others : model.share;
    const line = make("div", { class: "share" }, pill(model.status), make("code", {}, model.version ?? "…"));
    if (share !== null) {
      const filled = make("i");
      filled.style.setProperty("--share", share);
      const of = model.status === "shadow" ? "of the slates, unseen" : "of the people";
      line.append(make("span", { class: "share-bar", "aria-hidden": "true" }, filled), `${Math.round(100 * share)} % ${of}`);
    }
    return make("li", {}, line, ...(model.detail ? [make("p", { class: "detail" }, model.detail)] : []));
  }));
}

function statuses({ serving, decisions }) {
  const found = new Map(decisions.filter((each) => each.what === "taken back").map((each) => [each.version, "taken back"]));
  for (const version of serving.lives) found.set(version, "was live");
  if (serving.taken_back) found.set(serving.taken_back.version, "taken back");
  if (serving.shadow) found.set(serving.shadow.version, "shadow");
  if (serving.beside) found.set(serving.beside.version, serving.beside.role);
  if (serving.lives.length) found.set(serving.lives.at(-1), "live");
  return found;
}

function showVersions(data) {
  const versions = [...data.versions].reverse();
  if (!versions.length) return at("versions").replaceChildren(nothing("No version yet: gramoji learn, or gramoji finetune ranker, registers one."));
  const status = statuses(data);
  const rows = versions.map(({ version, registered_at_s, parent, data: learned }) => [
    "",
    make("code", {}, version),
    pill(status.get(version) ?? "candidate"),
    time.format(1000 * registered_at_s),
    learned?.slates?.toLocaleString() ?? "–",
    learned?.to_s ? `${time.format(1000 * learned.from_s)} – ${time.format(1000 * learned.to_s)}` : "–",
    parent ? make("code", {}, parent) : HAND_SET,
  ]);
  const headings = [["", "lineage"], ["version"], ["status"], ["registered"], ["slates", "number"], ["of"], ["after"]];
  const drawn = table(headings.map(([text, kind]) => [text, kind ?? ""]), rows);
  const names = versions.map((each) => each.version);
  const cell = drawn.querySelector("td.lineage");
  cell.rowSpan = versions.length;
  drawn.querySelectorAll("tbody tr:not(:first-child) td.lineage").forEach((each) => each.remove());
  cell.append(lineage(versions.map((each) => names.indexOf(each.parent)), names.map((each) => status.has(each)), ROW_HEIGHT));
  return at("versions").replaceChildren(drawn);
}

function showEstimates({ decisions }) {
  const newest = new Map();
  for (const each of decisions) {
    if (each.version && Number.isFinite(each.evidence.lower)) newest.set(`${each.version} ${each.evidence.method}`, each);
  }
  const shown = [...newest.values()].reverse();
  if (!shown.length) return at("estimates").replaceChildren(nothing("Nothing was judged yet, or the log could not tell."));
  const ends = shown.flatMap(({ evidence }) => [evidence.lower, evidence.upper, 0]);
  const scale = [Math.min(...ends), Math.max(...ends)];
  const rows = shown.map(({ version, evidence, at_s }) => [
    make("code", {}, version),
    METHODS[evidence.method] ?? evidence.method,
    time.format(1000 * at_s),
    interval(evidence.gain, evidence.lower, evidence.upper, scale),
    number(evidence.gain),
    `${number(evidence.lower)} to ${number(evidence.upper)}`,
  ]);
  return at("estimates").replaceChildren(table(
    [["version", ""], ["judged", "aside"], ["when", "aside"], ["gain", "drawn"], ["", "number"], ["95 %", ""]], rows));
}

function showCurves({ versions }) {
  const trained = [...versions].reverse().filter((each) => each.curves.length);
  const select = at("curve-version");
  select.replaceChildren(...trained.map(({ version }) => make("option", { value: version }, version)));
  select.disabled = trained.length === 0;
  const draw = () => {
    const chosen = trained.find(({ version }) => version === select.value);
    if (!chosen) return at("curves").replaceChildren(nothing("No version has kept its curves."));
    const names = Object.keys(chosen.curves[0]).filter((name) => name !== "iteration");
    return at("curves").replaceChildren(...names.map((name) => {
      const words = name.replaceAll("_", " ");
      const values = chosen.curves.map((each) => each[name]);
      return make("div", { class: "curve" }, make("h3", {}, words), curve(words, values));
    }));
  };
  select.onchange = draw;
  draw();
}

function showDrift({ drift }) {
  if (!drift) return at("drift").replaceChildren(nothing("Not measured yet: gramoji learn measures it at every look."));
  at("drift-hint").textContent = `${drift.slates[1].toLocaleString()} slates of ${drift.people[1].toLocaleString()} people since, against `
    + `${drift.slates[0].toLocaleString()} of ${drift.reference}; measured ${time.format(1000 * drift.at_s)}. `
    + "The mark is what is called drift: more than the limit, and more than chance gives for so few people.";
  const most = Math.min(Math.max(...drift.measured.map((each) => Math.max(each.value, each.limit))), LONGEST_BAR);
  const rows = drift.measured.map(({ name, kind, value, limit, drifted }) => [
    name.replaceAll("_", " "),
    kind === "psi" ? "population stability" : "energy distance",
    bar(value, limit, most, drifted),
    number(value),
    drifted ? make("span", { class: "pill is-taken-back" }, "drifted") : "",
  ]);
  return at("drift").replaceChildren(table([["of", ""], ["measure", "aside"], ["", "drawn"], ["", "number"], ["", ""]], rows));
}

function showDecisions({ decisions }) {
  const newest = decisions.slice(-MOST_DECISIONS).reverse();
  at("decisions").replaceChildren(...newest.map(({ at_s, what, by, version, reason }) => {
    const when = make("time", { datetime: new Date(1000 * at_s).toISOString() }, time.format(1000 * at_s));
    const why = make("span", { class: "why" }, ...(version ? [make("code", {}, version), " "] : []), `${reason} (${by})`);
    return make("li", {}, when, pill(what), why);
  }));
  if (!newest.length) at("decisions").append(make("li", {}, "None yet."));
}

async function load(url) {
  const response = await fetchWithKey(url);
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return response.json();
}

try {
  const [data, { models }] = await Promise.all([load("/lab/data"), load("/v1/models")]);
  showServing(models);
  for (const show of [showVersions, showEstimates, showCurves, showDrift, showDecisions]) show(data);
  at("state").textContent = `${data.versions.length} versions, ${data.decisions.length} decisions; read ${time.format(Date.now())}`;
} catch (error) {
  at("state").classList.add("is-error");
  at("state").textContent = `Can’t show the lab: ${error.message}`;
}
