// What was said, line by line, kept over reloads and shared by the tabs of a browser.

import type { KeyValueStorage } from "./outbox.js";
import type { Attachment, Choice } from "./wire.js";

/** Lines that are kept. */
export const MAX_KEPT_LINES = 200;

export interface Line {
  /** The turn's key; the answer's is that with `:answer` behind it. */
  key: string;
  from: "person" | "game" | "agent" | "notice";
  text: string;
  /** What was said, where that is not what is shown: a choice with a value of its own. */
  said?: string;
  /** When, milliseconds since 1970. */
  at: number;
  /** A person's line that the node refused: the code, or the status where there was none. */
  refused?: { code: string | undefined; status: number | null };
  choices?: Choice[];
  attachments?: Attachment[];
  /** The turn that it belongs to, where that is known. */
  turn?: number;
  /** Who said it, where somebody stepped in. */
  by?: string;
  /** How many further requests wait in line. */
  inLine?: number;
  /** The node could not keep the turn. */
  forgotten?: boolean;
}

export const answerKey = (turn: string): string => `${turn}:answer`;

/** Keys of removed lines that are kept, so that a tab which has not heard of it brings none of them back. */
const MAX_KEPT_REMOVALS = 50;

interface Kept {
  lines: Line[];
  removed: string[];
}

/**
 * The lines of one conversation. Each tab keeps its own in mind and adds what the others wrote: a browser may show a tab the
 * storage as it was before another one's last write, so what stands there never takes a line away unless it was removed.
 */
export class Transcript {
  #lines: Line[] = [];
  #removed: string[] = [];

  constructor(
    private storage: KeyValueStorage | null,
    private readonly name: string,
    private readonly conversation: string,
  ) {
    // What was said in a conversation that is over stays for nobody who comes after.
    if (this.#kept() === "another's") this.#forget();
    this.#merge();
  }

  get lines(): readonly Line[] {
    return this.#lines;
  }

  /** Adds a line, or puts it in place of the one of the same key. */
  put(line: Line): void {
    this.#merge();
    const at = this.#lines.findIndex((other) => other.key === line.key);
    if (at >= 0) this.#lines[at] = line;
    else this.#insert(line, this.#lines.length);
    this.#keep();
  }

  remove(key: string): void {
    this.#merge();
    this.#lines = this.#lines.filter((line) => line.key !== key);
    this.#removed = [...this.#removed, key].slice(-MAX_KEPT_REMOVALS);
    this.#keep();
  }

  /** Takes over what another tab has written, and writes what that one did not know: while the conversation goes on. */
  reload(): void {
    if (this.#merge() === "incomplete") this.#keep();
  }

  /** Forgets all of it, here and where it is kept. */
  clear(): void {
    this.#lines = [];
    this.#removed = [];
    this.#forget();
  }

  #forget(): void {
    try {
      this.storage?.removeItem(this.name);
    } catch {
      this.storage = null;
    }
  }

  /** Whether the storage lacks something that this tab knows. */
  #merge(): "complete" | "incomplete" {
    const kept = this.#kept();
    if (kept === "another's" || kept === "nothing") return this.#lines.length === 0 ? "complete" : "incomplete";
    const stored = new Set(kept.lines.map((line) => line.key));
    const removed = new Set([...this.#removed, ...kept.removed]);
    const mine = this.#lines.filter((line) => !stored.has(line.key) && !removed.has(line.key));
    this.#lines = kept.lines.filter((line) => !removed.has(line.key));
    for (const line of mine) this.#insert(line, this.#lines.findLastIndex((other) => other.at <= line.at) + 1);
    const unknown = [...removed].some((key) => stored.has(key));
    this.#removed = [...removed].slice(-MAX_KEPT_REMOVALS);
    const lasting = new Set(this.#lines.slice(-MAX_KEPT_LINES));
    return unknown || mine.some((line) => lasting.has(line)) ? "incomplete" : "complete";
  }

  /** An answer stands behind its question, whatever was said meanwhile. */
  #insert(line: Line, at: number): void {
    const question = this.#lines.findIndex((other) => answerKey(other.key) === line.key);
    this.#lines.splice(question >= 0 ? question + 1 : at, 0, line);
  }

  #keep(): void {
    const kept = { conversation: this.conversation, lines: this.#lines.slice(-MAX_KEPT_LINES), removed: this.#removed };
    try {
      this.storage?.setItem(this.name, JSON.stringify(kept));
    } catch {
      this.storage = null; // from now on this page alone remembers
    }
  }

  #kept(): Kept | "another's" | "nothing" {
    try {
      const text = this.storage?.getItem(this.name) ?? null;
      if (text === null) return "nothing";
      const kept = JSON.parse(text) as { conversation: unknown; lines: unknown; removed?: unknown };
      if (kept.conversation !== this.conversation || !Array.isArray(kept.lines)) return "another's";
      const removed = Array.isArray(kept.removed) ? kept.removed.filter((key) => typeof key === "string") : [];
      return { lines: kept.lines.filter(isLine), removed };
    } catch {
      return "nothing"; // what someone else wrote there is no transcript of ours
    }
  }
}

function isLine(value: unknown): value is Line {
  const line = value as Partial<Line> | null;
  return typeof line?.key === "string" && typeof line.text === "string" && typeof line.at === "number" && ["person", "game", "agent", "notice"].includes(line.from ?? "");
}
