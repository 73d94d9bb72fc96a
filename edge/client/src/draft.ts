// A half-written message, kept in its tab over a reload, and no longer than the conversation that it is for.

import type { KeyValueStorage } from "./outbox.js";

export class Draft {
  constructor(
    private storage: KeyValueStorage | null,
    readonly name: string,
    private readonly conversation: string,
  ) {}

  /** What was half written; what belongs to another conversation is forgotten. */
  kept(): string {
    const kept = this.storage?.getItem(this.name)?.split("\n") ?? [];
    if (kept[0] === this.conversation) return kept.slice(1).join("\n");
    this.keep("");
    return "";
  }

  keep(text: string): void {
    try {
      if (text === "") this.storage?.removeItem(this.name);
      else this.storage?.setItem(this.name, `${this.conversation}\n${text}`);
    } catch {
      this.storage = null; // a full storage costs the memory over a reload alone
    }
  }
}
