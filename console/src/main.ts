// The console of one node: it acts as one party, or as the observer of a demo, and shows what that may see.

import "@fontsource/ibm-plex-mono/400.css";
import "@fontsource/ibm-plex-mono/600.css";
import "@fontsource/ibm-plex-sans/400.css";
import "@fontsource/ibm-plex-sans/600.css";
import "./style.css";

import { ApiError, type Conflict, type Me, apiKey, get, setApiKey } from "./api";
import { knowParties } from "./colours";
import { buildHeader, showStale, startTheme } from "./header";
import { showLogin } from "./login";
import { Picture } from "./map";
import { Panel } from "./panel";
import { Store, keyOf } from "./store";
import { EventStream } from "./stream";
import { buildTimeline } from "./timeline";

const ZOOM_TO_CONFLICT = 8.5;

function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page lacks #${id}`);
  return found;
}

async function start(): Promise<void> {
  startTheme();
  const store = new Store();
  const login = byId("login");
  try {
    store.me = await get<Me>("/v1/me");
    await store.load();
  } catch (error) {
    const known = error instanceof ApiError;
    if (known && error.status === 401 && apiKey() !== null) setApiKey(null);
    showLogin(login, known && error.status !== 401 ? error.message : "", null);
    return;
  }
  knowParties(store.parties.keys());
  build(store, login);
  follow(store);
}

function build(store: Store, login: HTMLElement): void {
  const choose = (conflict: Conflict): void => {
    store.selected = conflict;
    store.shown = Date.parse(conflict.closest.time);
    panel.open("conflicts");
    picture.flyTo(conflict.closest.longitude_deg, conflict.closest.latitude_deg, ZOOM_TO_CONFLICT);
    store.tell("selection", "time");
  };
  const picture = new Picture(byId("map"), store, choose);
  const panel = new Panel(byId("panel"), store, {
    choose,
    show: (operation) => {
      const [begin, end] = [Date.parse(operation.begin), Date.parse(operation.end)];
      if (store.time < begin || store.time >= end) store.shown = begin;
      picture.showOperation(keyOf(operation));
      store.tell("time");
    },
  });
  const timeline = buildTimeline(byId("timeline"), store);
  buildHeader(byId("header"), store, {
    login: () => showLogin(login, "", () => undefined),
    relief: () => picture.toggleRelief(),
  });
  document.addEventListener("keydown", (event) => {
    if (event.target instanceof HTMLInputElement && event.target.type !== "range") return;
    if (event.ctrlKey || event.metaKey || event.altKey || !login.hidden) return;
    if (event.key === "j") panel.step(1);
    else if (event.key === "k") panel.step(-1);
    else if (event.key === "n") timeline.now();
    else if (event.key === " " && !(event.target instanceof HTMLButtonElement)) {
      event.preventDefault();
      timeline.toggle();
    }
  });
  // for tests and for the curious: where the picture looks
  picture.view.on("moveend", () => {
    const centre = picture.view.getCenter();
    byId("map").dataset["centre"] = `${centre.lng.toFixed(4)},${centre.lat.toFixed(4)}`;
  });
  store.tell("operations", "conflicts", "state");
}

function follow(store: Store): void {
  const stale = byId("stale");
  const say = (since: number | null): void => {
    if (store.staleSince === since) return;
    store.staleSince = since;
    showStale(stale, store);
    store.tell("state");
  };
  new EventStream({
    changes: (changes) => store.apply(changes),
    reset: () => void store.load().catch(() => say(Date.now())),
    alive: () => say(null),
    stale: (since) => say(since),
    refused: () => {
      setApiKey(null);
      showLogin(byId("login"), "The key was revoked or is unknown.", null);
    },
  });
}

void start();
