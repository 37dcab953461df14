// The picture kept fresh: loaded once, then followed by the event stream, which is read with fetch so that the key
// travels in a header. It resumes after the last sequence it saw, loads anew when the node no longer holds that, and
// says at once when it is silent: a picture that is not known to be fresh is shown as stale.

import { ApiError, type Change, headers } from "./api";

const SILENCE_MS = 12_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 8_000;

export interface StreamHandlers {
  /** Load everything; the sequence after which the stream goes on. */
  load(): Promise<number>;
  changes(changes: Change[]): void;
  alive(): void;
  clock(nodeTime: number): void;
  stale(since: number): void;
  refused(): void;
}

interface Data {
  sequence: number;
  time: string;
  changes?: Change[];
}

export class EventStream {
  private after: number | null = null;
  private heardAt = Date.now();
  private stopped = false;
  private anew = false;
  private abort = new AbortController();
  private retryMs = FIRST_RETRY_MS;
  private readonly watch: number;

  constructor(private readonly handlers: StreamHandlers) {
    this.watch = window.setInterval(() => this.checkSilence(), 1_000);
    window.addEventListener("online", () => this.abort.abort());
    void this.run();
  }

  /** Load everything again, and go on from there. */
  reload(): void {
    this.anew = true;
    this.abort.abort();
  }

  private stop(): void {
    this.stopped = true;
    window.clearInterval(this.watch);
    this.abort.abort();
  }

  private checkSilence(): void {
    if (Date.now() - this.heardAt <= SILENCE_MS) return;
    this.handlers.stale(this.heardAt);
    this.abort.abort();
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      this.abort = new AbortController();
      try {
        this.after ??= await this.handlers.load();
        if ((await this.read(this.after)) === "reset") {
          this.after = null;
          continue;
        }
      } catch (error) {
        if (error instanceof ApiError && error.refusesKey) {
          this.stop();
          this.handlers.refused();
        }
      }
      if (this.stopped) return;
      if (this.anew) {
        this.anew = false;
        this.after = null;
        continue;
      }
      this.handlers.stale(this.heardAt);
      await new Promise((resolve) => setTimeout(resolve, this.retryMs));
      this.retryMs = Math.min(LONGEST_RETRY_MS, this.retryMs * 2);
    }
  }

  private async read(after: number): Promise<"reset" | "ended"> {
    const guard = window.setTimeout(() => this.abort.abort(), SILENCE_MS);
    const response = await fetch("/v1/events", {
      headers: { ...headers(), "Last-Event-ID": String(after) },
      signal: this.abort.signal,
      cache: "no-store",
    }).finally(() => window.clearTimeout(guard));
    if (!response.ok || response.body === null) throw new ApiError(response.status, "the event stream was refused");
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return "ended";
      text += value;
      const messages = text.split("\n\n");
      text = messages.pop() ?? "";
      for (const message of messages) {
        if (this.take(message) === "reset") {
          await reader.cancel();
          return "reset";
        }
      }
    }
  }

  /** One message of the stream; what it was. */
  private take(message: string): string {
    let event = "";
    let text = "";
    for (const line of message.split("\n")) {
      if (line.startsWith("event:")) event = line.slice(6).trim();
      else if (line.startsWith("data:")) text += line.slice(5).trim();
    }
    this.heardAt = Date.now();
    this.retryMs = FIRST_RETRY_MS;
    if (event === "" || event === "reset") return event;
    const data = JSON.parse(text) as Data;
    if (event === "change") this.handlers.changes(data.changes ?? []);
    if (event === "heartbeat") this.handlers.clock(Date.parse(data.time));
    // a greeting precedes what was missed, so only later messages say how far the picture reaches
    if (event !== "hello") this.after = data.sequence;
    this.handlers.alive();
    return event;
  }
}
