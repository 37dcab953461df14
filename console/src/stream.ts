// The event stream, read with fetch so that the key travels in a header. It resumes after the last id that was seen,
// and says at once when it is silent: a picture that is not known to be fresh is shown as stale.

import { type Change, headers } from "./api";

const SILENCE_MS = 12_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 8_000;

export interface StreamHandlers {
  changes(changes: Change[]): void;
  reset(): void;
  alive(): void;
  stale(since: number): void;
  refused(): void;
}

export class EventStream {
  private lastId: string | null = null;
  private heardAt = Date.now();
  private stopped = false;
  private abort = new AbortController();
  private retryMs = FIRST_RETRY_MS;
  private isStale = false;
  private readonly watch: number;

  constructor(private readonly handlers: StreamHandlers) {
    this.watch = window.setInterval(() => this.checkSilence(), 1_000);
    void this.run();
  }

  stop(): void {
    this.stopped = true;
    window.clearInterval(this.watch);
    this.abort.abort();
  }

  private checkSilence(): void {
    if (Date.now() - this.heardAt > SILENCE_MS) {
      this.markStale();
      this.abort.abort();
    }
  }

  private markStale(): void {
    if (!this.isStale && !this.stopped) {
      this.isStale = true;
      this.handlers.stale(this.heardAt);
    }
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      this.abort = new AbortController();
      try {
        await this.read();
      } catch {
        // broken or silent: the picture is stale until it speaks again
      }
      if (this.stopped) return;
      this.markStale();
      await new Promise((resolve) => setTimeout(resolve, this.retryMs));
      this.retryMs = Math.min(LONGEST_RETRY_MS, this.retryMs * 2);
    }
  }

  private async read(): Promise<void> {
    const extra: Record<string, string> = this.lastId === null ? {} : { "Last-Event-ID": this.lastId };
    const guard = window.setTimeout(() => this.abort.abort(), SILENCE_MS);
    const response = await fetch("/v1/events", {
      headers: { ...headers(), ...extra },
      signal: this.abort.signal,
      cache: "no-store",
    });
    window.clearTimeout(guard);
    if (response.status === 401 || response.status === 403) {
      this.stop();
      this.handlers.refused();
      return;
    }
    if (!response.ok || response.body === null) throw new Error(String(response.status));
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
      const messages = text.split("\n\n");
      text = messages.pop() ?? "";
      messages.forEach((message) => this.take(message));
    }
  }

  private take(message: string): void {
    let event = "message";
    let data = "";
    for (const line of message.split("\n")) {
      if (line.startsWith("event:")) event = line.slice(6).trim();
      else if (line.startsWith("data:")) data += line.slice(5).trim();
      else if (line.startsWith("id:")) this.lastId = line.slice(3).trim();
    }
    this.heardAt = Date.now();
    this.retryMs = FIRST_RETRY_MS;
    this.isStale = false;
    this.handlers.alive();
    if (event === "change") this.handlers.changes((JSON.parse(data) as { changes: Change[] }).changes);
    if (event === "reset") {
      this.lastId = null;
      this.handlers.reset();
    }
  }
}
