// The few things that are done to the document, each once.

type Child = Node | string;

/** A new element with attributes and children. Text is text: nothing that comes from outside is read as HTML. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export function button(text: string, attributes: Record<string, string>, act: () => void): HTMLButtonElement {
  const made = element("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", act);
  return made;
}

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page lacks #${id}`);
  return found;
}

/** A choice among few, as the browser's own control: it works with keyboard, touch and screen reader. */
export function choice(label: string, options: [value: string, text: string][], act: (value: string) => void): HTMLSelectElement {
  const made = element("select", { "aria-label": label, title: label });
  made.append(...options.map(([value, text]) => element("option", { value }, text)));
  made.addEventListener("change", () => act(made.value));
  return made;
}

/** Make `parent` hold exactly `children`, in order; what is there already is not touched, so focus and scroll stay. */
export function arrange(parent: Element, children: readonly Element[]): void {
  const wanted = new Set<Element>(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let next = parent.firstElementChild;
  for (const child of children) {
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
}

/** Set text only where it differs, so that nothing is laid out or announced again without need. */
export function say(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

const INSTANT = /(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: UTC|Z)?|\d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2}Z)/;

/** A text in which times stay whole and run from left to right, whatever the direction of what is around them. */
export function withTimes(text: string): Child[] {
  return text.split(INSTANT).map((part, index) => (index % 2 === 1 ? element("bdi", { dir: "ltr", class: "whole" }, part) : part));
}

/** At most one call per `ms`, the last one never lost. */
export function throttled(ms: number, act: () => void): () => void {
  let due = false;
  return () => {
    if (due) return;
    due = true;
    window.setTimeout(() => {
      due = false;
      act();
    }, ms);
  };
}

export function movesLittle(): boolean {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
