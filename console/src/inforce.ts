// What is in force now, on paper: for the hour in which the node is not heard. Everything is as of one entry of the log,
// which the page names with the hash of the state, so that two parties can see that they hold the same.

import "@fontsource/ibm-plex-mono/400.css";
import "@fontsource/ibm-plex-sans/400.css";
import "@fontsource/ibm-plex-sans/600.css";
import "@fontsource/ibm-plex-sans-arabic/arabic-400.css";
import "@fontsource/ibm-plex-sans-arabic/arabic-600.css";
import "./inforce.css";

import { ApiError, type Conflict, type Me, type Operation, type Party, type Volume, get, list, listWhole } from "./api";
import { button, byId, element, withTimes } from "./dom";
import { clauseTable } from "./line/pages/agreements";
import type { Agreement, Catalogue, Dialogue, Post } from "./line/types";
import { language, startLanguage, stateWords, t } from "./texts";
import { bandBoth, clock, day, degrees, operationWords } from "./words";

/** A printed page holds no more operations, and no more conflicts; it says how many are not on it. */
const MOST_PRINTED = 2_000;

interface Status {
  sequence: number;
  time: string;
  state_hash: string;
  operations: number;
  conflicts: number;
}

async function start(): Promise<void> {
  startLanguage(null);
  const page = byId("page");
  try {
    const me = await get<Me>("/v1/me");
    startLanguage(me.person?.language ?? null);
    page.replaceChildren(...(await content(me)));
    document.documentElement.dataset["page"] = "ready";
  } catch (error) {
    page.replaceChildren(element("p", {}, error instanceof ApiError ? error.message : t("stale")));
  }
}

async function content(me: Me): Promise<HTMLElement[]> {
  // the status first: what is read after it is at least as new
  const status = await get<Status>("/v1/status");
  const [operations, conflicts, parties, agreements, dialogues, catalogue] = await Promise.all([
    list<Operation>("/v1/operations", MOST_PRINTED),
    list<Conflict>("/v1/conflicts", MOST_PRINTED),
    listWhole<Party>("/v1/parties"),
    listWhole<Agreement>("/v1/agreements"),
    me.role === "operator" ? Promise.resolve([]) : list<Dialogue>("/v1/dialogues"),
    get<Catalogue>(`/v1/catalogue?language=${language()}`),
  ]);
  const leftOut = [
    ...(operations.length < MOST_PRINTED ? [] : [`${t("operations")} ${status.operations - operations.length}`]),
    ...(conflicts.length < MOST_PRINTED ? [] : [`${t("conflicts")} ${status.conflicts - conflicts.length}`]),
  ];
  const posts = (await Promise.all(parties.map((one) => listWhole<Post>(`/v1/parties/${encodeURIComponent(one.party)}/posts`)))).flat();
  const names = new Map(parties.map((one) => [one.party, one.name]));
  const name = (party: string): string => names.get(party) ?? party;
  const at = Date.parse(status.time);
  const titles = new Map(catalogue.messages.map((one) => [one.code, one.title]));
  const whose = me.party === null ? t(me.role === "operator" ? "operator" : "observer") : name(me.party);
  const flights = operations.filter((one) => !one.hazard);
  const hazards = operations.filter((one) => one.hazard);
  return [
    element("header", {}, me.exercise ? element("strong", { class: "exercise" }, `${t("exercise")} · ${t("exercise")} · ${t("exercise")}`) : element("span", {}),
      element("h1", {}, `${t("page_for")} ${whose}`),
      element("p", {}, `${t("printed")} `, element("bdi", { dir: "ltr" }, `${day(at)} ${clock(at)}`), ` · ${t("entry")} ${status.sequence} · `, element("code", {}, status.state_hash.slice(0, 16))),
      ...(leftOut.length === 0 ? [] : [element("p", {}, `▲ ${t("not_on_page")} ${leftOut.join(", ")}`)]),
      element("p", { class: "quiet" }, t("signature_line")),
      button(t("print"), { class: "main no-print" }, () => window.print())),
    section(t("agreements"), agreements.length === 0 ? [element("p", {}, t("no_agreements"))] : agreements.flatMap((one) => agreementParts(one, name))),
    section(t("posts"), [table([t("party"), t("posts"), t("then"), t("status")], posts.map((one) => [name(one.party), one.post, [...one.deputies, one.next_post ?? ""].filter((post) => post !== "").join(" → "), one.staffed ? `● ${t("on_watch")}` : `▲ ${t("unstaffed")}`]))]),
    section(t("conflicts"), conflicts.length === 0 ? [element("p", {}, t("no_conflicts"))] : [table(["", t("conflicts"), t("alarms")], conflicts.map((one, index) => [String(index + 1), one.sentence, alarmWords(one)]))]),
    section(t("operations"), flights.length === 0 ? [element("p", {}, t("nothing_filed"))] : [operationTable(flights, name)]),
    section(t("notices"), hazards.length === 0 ? [element("p", {}, t("nothing_filed"))] : [operationTable(hazards, name)]),
    section(t("line"), [table([t("message"), t("party"), t("precedence"), t("status")], dialogues.filter((one) => one.owes !== null).map((one) => [titles.get(one.code) ?? one.code, `${name(one.opener)} – ${name(one.other)}`, one.precedence, `${name(one.owes ?? "")} ${one.post ?? ""} ${one.answer_by === null ? "" : stamp(one.answer_by)}`]))]),
  ];
}

function section(title: string, parts: HTMLElement[]): HTMLElement {
  return element("section", {}, element("h2", {}, title), ...parts);
}

function table(head: string[], rows: string[][]): HTMLElement {
  const top = element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text)));
  const body = rows.map((cells) => element("tr", {}, ...cells.map((text) => element("td", { dir: "auto" }, ...withTimes(text)))));
  return element("table", {}, element("thead", {}, top), element("tbody", {}, ...body));
}

function agreementParts(agreement: Agreement, name: (party: string) => string): HTMLElement[] {
  const holds = agreement.status === "in_force";
  const stands = agreement.standings.map((one) => `${name(one.party)}: ${stateWords(one.state)} ${t("since")} ${stamp(one.since)}${one.reason ? ` (${one.reason})` : ""}`);
  return [
    element("h3", {}, `${agreement.agreement_id} · ${agreement.version} · ${holds ? `✓ ${t("in_force")}` : `▲ ${t("not_in_force")}`}`),
    element("ul", {}, ...stands.map((text) => element("li", {}, ...withTimes(text)))),
    ...(agreement.clauses.length > 0 ? [clauseTable(agreement, agreement.clauses, () => null)] : []),
  ];
}

function operationTable(operations: Operation[], name: (party: string) => string): HTMLElement {
  const ordered = [...operations].sort((a, b) => (a.begin < b.begin ? -1 : 1));
  return table(
    [t("party"), t("operations"), t("begin"), t("end"), ""],
    ordered.map((one) => [name(one.party), `${one.operation_id} (${operationWords(one)}, ${one.state})`, stamp(one.begin), stamp(one.end), one.volumes.map(place).concat(one.trajectories.map(path)).join("; ")]),
  );
}

function place(volume: Volume): string {
  const circle = volume.circle;
  const corners = volume.polygon?.vertices ?? [];
  const where = circle === undefined ? corners.map((one) => degrees(one.latitude_deg, one.longitude_deg)).join(" – ") : `${degrees(circle.latitude_deg, circle.longitude_deg)} r ${Math.round(circle.radius_m)} m`;
  return `${where}, ${bandBoth(volume)} ${volume.altitude_datum}`;
}

function path(trajectory: Operation["trajectories"][number]): string {
  const [first, last] = [trajectory.points[0], trajectory.points.at(-1)];
  if (first === undefined || last === undefined) return "";
  return `${degrees(first.latitude_deg, first.longitude_deg)} ${clock(Date.parse(first.time))} → ${degrees(last.latitude_deg, last.longitude_deg)} ${clock(Date.parse(last.time))} (${trajectory.points.length})`;
}

function alarmWords(conflict: Conflict): string {
  const { alarm } = conflict;
  if (alarm === null) return "";
  return alarm.since === null ? stamp(alarm.at) : `▲ ${t(alarm.state === "warned" ? "warned" : "unresolved")} ${stamp(alarm.since)}`;
}

/** `2026-11-25 22:35:06Z`: to the second. */
function stamp(time: string): string {
  return `${new Date(Date.parse(time)).toISOString().slice(0, 19).replace("T", " ")}Z`;
}

void start();
