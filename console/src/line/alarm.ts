// What needs an answer now is seen from every page and heard: a strip under the header, and a sound that comes again
// until somebody at this desk silences it or does what is due. New things sound again.

import { button, element, say } from "../dom";
import type { Store } from "../store";
import { t } from "../texts";
import type { Desk } from "./desk";
import { countdown, precedenceMark } from "./marks";

const TICK_MS = 1_000;
const AGAIN_MS = 4_000;
const URGENT = new Set(["FLASH", "IMMEDIATE"]);

export class AlarmStrip {
  private silenced = new Set<string>();
  private soundedAt = 0;
  private sound: AudioContext | null = null;
  private readonly timer = element("span", { class: "timer", role: "timer" });
  private drawn = "";

  constructor(
    private readonly root: HTMLElement,
    private readonly store: Store,
    private readonly desk: Desk,
    private readonly open: (dialogueId: string | null) => void,
  ) {
    store.on(["line", "conflicts", "link"], () => this.update());
    window.setInterval(() => this.update(), TICK_MS);
    this.update();
  }

  /** What calls for attention, each by a name that changes when it is something new. */
  private calls(): { name: string; urgent: boolean }[] {
    const raised = this.desk.raised().filter((one) => !this.desk.hasHeard(one.alarm));
    return [
      ...raised.map((one) => ({ name: `${one.conflict.conflict_id} ${one.alarm.state}`, urgent: true })),
      ...this.desk.owed().map((one) => ({
        name: `${one.dialogue_id} ${one.messages} ${one.state} ${one.overdue}`,
        urgent: URGENT.has(one.precedence) || one.overdue,
      })),
    ];
  }

  private update(): void {
    const calls = this.calls();
    const live = new Set(calls.map((one) => one.name));
    for (const name of this.silenced) if (!live.has(name)) this.silenced.delete(name);
    const loud = calls.filter((one) => one.urgent && !this.silenced.has(one.name));
    this.root.hidden = calls.length === 0 || this.desk.party === null;
    document.documentElement.dataset["alarm"] = loud.length > 0 ? "sounding" : calls.length > 0 ? "silenced" : "none";
    document.title = calls.length > 0 ? `(${calls.length}) Skyparley` : "Skyparley";
    if (this.root.hidden) return;
    if (loud.length > 0 && Date.now() - this.soundedAt >= AGAIN_MS) this.beep();
    this.draw(calls.length, loud.length > 0);
  }

  private draw(count: number, loud: boolean): void {
    const [first] = this.desk.owed();
    const raised = this.desk.raised().filter((one) => !this.desk.hasHeard(one.alarm));
    if (first !== undefined) countdown(this.timer, first, this.store.now);
    else say(this.timer, "");
    const blocked = this.sound?.state === "suspended";
    const state = `${count} ${loud} ${blocked} ${raised.length} ${first?.dialogue_id} ${first?.sequence}`;
    if (state === this.drawn) return;
    this.drawn = state;
    const parts: (Node | string)[] = [element("b", {}, `▲ ${t("needs_you")}: ${count}`)];
    if (raised.length > 0) parts.push(element("span", {}, `${t("unresolved")} · ${raised.length}`));
    if (first !== undefined) {
      parts.push(precedenceMark(first.precedence), element("span", {}, `${this.store.partyName(this.desk.peer(first))} · ${this.desk.title(first.code)}`));
    }
    parts.push(this.timer, button(t("inbox"), { class: "main" }, () => this.open(raised.length > 0 ? null : (first?.dialogue_id ?? null))));
    if (blocked) parts.push(button(`🔇 ${t("sound_on")}`, {}, () => void this.sound?.resume().then(() => this.update())));
    else if (loud) {
      parts.push(
        button(t("silence"), {}, () => {
          for (const one of this.calls()) this.silenced.add(one.name);
          this.update();
        }),
      );
    }
    this.root.replaceChildren(...parts);
  }

  /** Two short tones. A browser plays nothing before somebody has touched the page: the strip says so then. */
  private beep(): void {
    this.soundedAt = Date.now();
    this.sound ??= new AudioContext();
    const { sound } = this;
    document.documentElement.dataset["sounded"] = String(Number(document.documentElement.dataset["sounded"] ?? 0) + 1);
    if (sound.state !== "running") return;
    for (const [delay, pitch] of [
      [0, 880],
      [0.25, 660],
    ] as const) {
      const [tone, volume] = [sound.createOscillator(), sound.createGain()];
      tone.frequency.value = pitch;
      volume.gain.value = 0.2;
      tone.connect(volume).connect(sound.destination);
      tone.start(sound.currentTime + delay);
      tone.stop(sound.currentTime + delay + 0.18);
    }
  }
}
