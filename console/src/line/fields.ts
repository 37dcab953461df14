// One control for each kind of parameter, which gives what the API takes: a number never without its unit and datum, a
// time never without its zone. Points can be typed, or picked on the map.

import { button, element } from "../dom";
import { t } from "../texts";
import type { Desk } from "./desk";
import type { Parameter } from "./types";

export interface Field {
  root: HTMLElement;
  /** What was typed, as the API takes it; undefined: nothing. */
  value(): unknown;
}

/** Lets somebody pick points on the map; each is given as it is clicked, until it is done. */
export type Pick = (each: (text: string) => void) => void;

const UNITS: Record<string, string[]> = {
  distance: ["NM", "km", "m"],
  duration: ["min", "s", "h"],
  speed: ["kt", "km/h", "m/s"],
  frequency: ["MHz", "kHz"],
};
const LEVEL_UNITS = ["FL", "ft", "m"];
const DATUMS = ["PRESSURE", "EGM96", "WGS84", "AGL"];
let serial = 0;

export function fieldFor(parameter: Parameter, desk: Desk, names: string[], pick: Pick | null): Field {
  const required = parameter.required;
  switch (parameter.kind) {
    case "level":
      return framed(parameter, (id) => level(id, required, desk));
    case "band":
      return framed(parameter, (id) => band(id, required, desk));
    case "time":
      return framed(parameter, (id) => time(id, required));
    case "window":
      return framed(parameter, (id) => timeWindow(id, required));
    case "distance":
    case "duration":
    case "speed":
    case "frequency":
      return framed(parameter, (id) => quantity(id, UNITS[parameter.kind] ?? [], required));
    case "heading":
      return framed(parameter, (id) => heading(id, required, desk));
    case "count":
      return framed(parameter, (id) => count(id, required));
    case "position":
      return framed(parameter, (id) => position(id, required, pick));
    case "route":
    case "outline":
      return framed(parameter, (id) => points(id, required, pick));
    case "text":
      return framed(parameter, (id) => text(id, required, true));
    case "operation":
      if (names.length > 0) return framed(parameter, (id) => choose(id, names, required, (name) => name));
      return framed(parameter, (id) => text(id, required, false));
    default: {
      const words = desk.catalogue?.choices[parameter.kind];
      if (words !== undefined) return framed(parameter, (id) => choose(id, words, required, (word) => desk.word(word)));
      return framed(parameter, (id) => text(id, required, false));
    }
  }
}

interface Control {
  parts: HTMLElement[];
  value(): unknown;
}

/** A control with its label; groups of controls are a fieldset, so that each part is read with its name. */
function framed(parameter: Parameter, make: (id: string) => Control): Field {
  serial += 1;
  const id = `f${serial}-${parameter.name}`;
  const control = make(id);
  const title = parameter.required ? parameter.label : `${parameter.label} (${t("optional")})`;
  const single = control.parts.length === 1 && control.parts[0]?.id === id;
  const root = single
    ? element("div", { class: "field" }, element("label", { for: id }, title), ...control.parts)
    : element("fieldset", { class: "field" }, element("legend", {}, title), element("div", { class: "parts" }, ...control.parts));
  root.dataset["parameter"] = parameter.name;
  return { root, value: control.value };
}

function input(id: string, attributes: Record<string, string>, required: boolean): HTMLInputElement {
  const made = element("input", { id, autocomplete: "off", ...attributes });
  made.required = required;
  return made;
}

function select(label: string, values: string[], say: (value: string) => string = (value) => value): HTMLSelectElement {
  const made = element("select", { "aria-label": label });
  made.append(...values.map((value) => element("option", { value }, say(value))));
  return made;
}

function numberInput(id: string, required: boolean, label = ""): HTMLInputElement {
  return input(id, { type: "text", inputmode: "decimal", dir: "ltr", ...(label ? { "aria-label": label } : {}) }, required);
}

/** Numbers stay as they were typed: the node reads them, and says what is wrong with them. */
function typedNumber(made: HTMLInputElement): string | undefined {
  const text = made.value.trim();
  return text === "" ? undefined : text;
}

function quantity(id: string, units: string[], required: boolean): Control {
  const [value, unit] = [numberInput(id, required, t("number")), select(t("unit"), units)];
  return {
    parts: [value, unit],
    value: () => {
      const typed = typedNumber(value);
      return typed === undefined ? undefined : { value: typed, unit: unit.value };
    },
  };
}

function levelParts(desk: Desk): { unit: HTMLSelectElement; datum: HTMLSelectElement; of(typed: string): object } {
  const [unit, datum] = [select(t("unit"), LEVEL_UNITS), select(t("datum"), DATUMS, (one) => desk.word(one))];
  const show = (): void => {
    datum.hidden = unit.value === "FL";
  };
  unit.addEventListener("change", () => {
    if (unit.value === "FL") datum.value = "PRESSURE";
    else if (datum.value === "PRESSURE") datum.value = "EGM96";
    show();
  });
  show();
  return { unit, datum, of: (typed) => ({ value: typed, unit: unit.value, datum: datum.value }) };
}

function level(id: string, required: boolean, desk: Desk): Control {
  const value = numberInput(id, required, t("number"));
  const { unit, datum, of } = levelParts(desk);
  return {
    parts: [value, unit, datum],
    value: () => {
      const typed = typedNumber(value);
      return typed === undefined ? undefined : of(typed);
    },
  };
}

function band(id: string, required: boolean, desk: Desk): Control {
  const [lower, upper] = [numberInput(`${id}-lower`, required, t("lower")), numberInput(`${id}-upper`, required, t("upper"))];
  lower.placeholder = t("lower");
  upper.placeholder = t("upper");
  const { unit, datum, of } = levelParts(desk);
  return {
    parts: [lower, upper, unit, datum],
    value: () => {
      const [low, high] = [typedNumber(lower), typedNumber(upper)];
      if (low === undefined && high === undefined) return undefined;
      return { lower: of(low ?? ""), upper: of(high ?? "") };
    },
  };
}

/** A time is typed in one order everywhere, year first: a browser's own control would turn day and month round. */
export function moment(id: string, required: boolean, label: string): HTMLInputElement {
  const today = new Date().toISOString().slice(0, 10);
  const made = input(id, { type: "text", dir: "ltr", placeholder: "YYYY-MM-DD HH:MM:SS", "aria-label": `${label} (${t("utc")})` }, required);
  made.value = required ? `${today} ` : "";
  return made;
}

/** What is typed is UTC, and says so; the node says what it cannot read. */
export function instant(made: HTMLInputElement): string | undefined {
  const typed = made.value.trim().replace(/^(\d{4}-\d{2}-\d{2})\s+/, "$1T");
  if (typed === "" || /^\d{4}-\d{2}-\d{2}$/.test(typed)) return undefined;
  return `${/T\d{2}:\d{2}$/.test(typed) ? `${typed}:00` : typed}${typed.endsWith("Z") ? "" : "Z"}`;
}

function time(id: string, required: boolean): Control {
  const made = moment(id, required, t("begin"));
  return { parts: [made, element("span", { class: "unit" }, t("utc"))], value: () => instant(made) };
}

function timeWindow(id: string, required: boolean): Control {
  const [begin, end] = [moment(`${id}-begin`, required, t("begin")), moment(`${id}-end`, required, t("end"))];
  return {
    parts: [begin, element("span", {}, "–"), end, element("span", { class: "unit" }, t("utc"))],
    value: () => {
      const [from, to] = [instant(begin), instant(end)];
      return from === undefined && to === undefined ? undefined : { begin: from ?? "", end: to ?? "" };
    },
  };
}

function heading(id: string, required: boolean, desk: Desk): Control {
  const value = numberInput(id, required, t("number"));
  const reference = select(t("north"), ["true", "magnetic"], (one) => desk.word(one));
  return {
    parts: [value, element("span", { class: "unit" }, "°"), reference],
    value: () => {
      const typed = typedNumber(value);
      return typed === undefined ? undefined : { value: typed, unit: "deg", reference: reference.value };
    },
  };
}

function count(id: string, required: boolean): Control {
  const made = input(id, { type: "number", min: "0", step: "1" }, required);
  return { parts: [made], value: () => (made.value === "" ? undefined : Number(made.value)) };
}

function text(id: string, required: boolean, lines: boolean): Control {
  const made = lines ? element("textarea", { id, rows: "2", dir: "auto" }) : input(id, { type: "text", dir: "auto" }, required);
  made.required = required;
  return { parts: [made], value: () => (made.value.trim() === "" ? undefined : made.value.trim()) };
}

function choose(id: string, values: string[], required: boolean, say: (value: string) => string): Control {
  const made = element("select", { id });
  made.required = required;
  made.append(element("option", { value: "" }, t("choose")), ...values.map((value) => element("option", { value }, say(value))));
  return { parts: [made], value: () => (made.value === "" ? undefined : made.value) };
}

function position(id: string, required: boolean, pick: Pick | null): Control {
  const made = input(id, { type: "text", dir: "ltr", placeholder: "46°57'00\"N 007°27'00\"E" }, required);
  const parts: HTMLElement[] = [made];
  if (pick !== null) parts.push(button(t("pick_on_map"), {}, () => pick((typed) => (made.value = typed))));
  return { parts, value: () => (made.value.trim() === "" ? undefined : made.value.trim()) };
}

function points(id: string, required: boolean, pick: Pick | null): Control {
  const made = element("textarea", { id, rows: "4", dir: "ltr", placeholder: t("one_position_per_line") });
  made.required = required;
  const parts: HTMLElement[] = [made];
  const lines = (): string[] => made.value.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  if (pick !== null) parts.push(button(t("pick_on_map"), {}, () => pick((typed) => (made.value = [...lines(), typed].join("\n")))));
  return { parts, value: () => (lines().length === 0 ? undefined : lines()) };
}

/** What all fields hold, by parameter; those that are empty are left out. */
export function valuesOf(fields: Map<string, Field>): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [name, field] of fields) {
    const value = field.value();
    if (value !== undefined) found[name] = value;
  }
  return found;
}
