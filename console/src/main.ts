// The console of one node: it acts as one party, or as the observer of a demo, and shows what that may see.

import "@fontsource/ibm-plex-mono/400.css";
import "@fontsource/ibm-plex-mono/600.css";
import "@fontsource/ibm-plex-sans/400.css";
import "@fontsource/ibm-plex-sans/600.css";
import "@fontsource/ibm-plex-sans-arabic/arabic-400.css";
import "@fontsource/ibm-plex-sans-arabic/arabic-600.css";
import "./style.css";
import "./panel.css";
import "./line.css";

import { ApiError, type Conflict, type Me, type Operation, get } from "./api";
import { byId } from "./dom";
import { buildHeader, showStale } from "./header";
import { buildLegend } from "./legend";
import { askForKey } from "./login";
import { Picture } from "./map";
import { AlarmStrip } from "./line/alarm";
import type { Pick } from "./line/fields";
import { followOverlap } from "./overlap";
import { Panel } from "./panel";
import { apiKey, signOut, takeHandedKey } from "./session";
import { Store } from "./store";
import { EventStream } from "./stream";
import { startLanguage } from "./texts";
import { startTheme, toggleTheme } from "./theme";
import { type Timeline, buildTimeline } from "./timeline";
import { spanOf } from "./times";

const RETRY_MS = 2_000;

async function start(): Promise<void> {
  takeHandedKey();
  let store: Store | null = null;
  startTheme(() => store?.tell("theme"));
  startLanguage(null);
  const me = await identify();
  if (me === null) return;
  startLanguage(me.person?.language ?? null);
  store = new Store(me);
  build(store);
}

/** Whom the key speaks for; asks until the node answers. Null: somebody has to sign in first. */
async function identify(): Promise<Me | null> {
  const waiting = byId("waiting");
  for (;;) {
    try {
      const me = await get<Me>("/v1/me");
      waiting.hidden = true;
      return me;
    } catch (error) {
      if (error instanceof ApiError && error.refusesKey) {
        waiting.hidden = true;
        const had = apiKey() !== null;
        signOut();
        askForKey(loginDialog(), had ? `The key that was kept is no longer accepted: ${error.message}.` : "", false);
        return null;
      }
      waiting.hidden = false;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

function loginDialog(): HTMLDialogElement {
  return byId("login") as HTMLDialogElement;
}

function build(store: Store): void {
  const choose = (conflict: Conflict): void => {
    store.select(conflict);
    store.show(Date.parse(conflict.closest.time));
    panel.open("conflicts");
    picture.flyToConflict(conflict);
  };
  const show = (operation: Operation): void => {
    const [begin, end] = spanOf(operation);
    store.selectOperation(operation);
    if (store.time < begin || store.time >= end) store.show(begin);
    panel.open("operations");
    picture.flyToOperation(operation);
  };
  const picture = new Picture(byId("map"), store, { choose, show });
  const pick: Pick = (each) => picture.pick(each);
  const stream = follow(store);
  const loadMore = (): void => {
    store.wantMore();
    stream.reload();
  };
  const panel = new Panel(byId("panel"), store, { choose, show, pick, mark: (places) => picture.mark(places), loadMore });
  new AlarmStrip(byId("due"), store, store.desk, (dialogueId) => {
    panel.open("line");
    if (dialogueId === null) panel.line.openPage("inbox");
    else panel.line.openDialogue(dialogueId);
  });
  const timeline = buildTimeline(byId("timeline"), store);
  followOverlap(store, (parts) => picture.showOverlap(parts));
  buildLegend(byId("map"), store);
  buildHeader(byId("header"), store, {
    login: () => askForKey(loginDialog(), "", true),
    relief: () => picture.toggleRelief(),
    theme: () => {
      toggleTheme();
      store.tell("theme");
    },
  });
  showStale(byId("stale"), store);
  listenForKeys(panel, timeline);
}

/** Keys that work everywhere but in a field: j and k step through conflicts, space plays, n goes to now. */
function listenForKeys(panel: Panel, timeline: Timeline): void {
  const controls = "button, select, textarea, dialog, input:not([type=range]), [role=listbox]";
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.closest("textarea, dialog, select, input:not([type=range])") !== null) return;
    if (event.key === "j") panel.step(1);
    else if (event.key === "k") panel.step(-1);
    else if (event.key === "n") timeline.now();
    else if (event.key === " " && target.closest(controls) === null) timeline.toggle();
    else return;
    event.preventDefault();
  });
}

function follow(store: Store): EventStream {
  return new EventStream({
    load: () => store.load(),
    changes: (changes) => store.apply(changes),
    alive: () => store.setLink("live"),
    clock: (nodeTime) => store.hearClock(nodeTime),
    stale: (since) => store.setLink("stale", since),
    refused: () => {
      signOut();
      askForKey(loginDialog(), "The key was revoked, or the node no longer knows it.", false);
    },
  });
}

void start();
