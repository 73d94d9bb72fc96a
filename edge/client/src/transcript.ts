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

export class Transcript {
  #lines: Line[];

  constructor(
    private storage: KeyValueStorage | null,
    private readonly name: string,
    private readonly conversation: string,
  ) {
    this.#lines = this.#kept();
  }

  get lines(): readonly Line[] {
    return this.#lines;
  }

  /** Adds a line, or puts it in place of the one of the same key. */
  put(line: Line): void {
    this.reload();
    const at = this.#lines.findIndex((other) => other.key === line.key);
    // An answer stands behind its question, whatever was said meanwhile.
    const question = this.#lines.findIndex((other) => answerKey(other.key) === line.key);
    if (at >= 0) this.#lines[at] = line;
    else if (question >= 0) this.#lines.splice(question + 1, 0, line);
    else this.#lines.push(line);
    this.#keep();
  }

  remove(key: string): void {
    this.reload();
    this.#lines = this.#lines.filter((line) => line.key !== key);
    this.#keep();
  }

  /** Reads what another tab has written. */
  reload(): void {
    if (this.storage !== null) this.#lines = this.#kept();
  }

  #keep(): void {
    const kept = { conversation: this.conversation, lines: this.#lines.slice(-MAX_KEPT_LINES) };
    try {
      this.storage?.setItem(this.name, JSON.stringify(kept));
    } catch {
      this.storage = null; // from now on this page alone remembers
    }
  }

  #kept(): Line[] {
    try {
      const text = this.storage?.getItem(this.name) ?? null;
      const kept = text === null ? null : (JSON.parse(text) as { conversation: unknown; lines: unknown });
      return kept?.conversation === this.conversation && Array.isArray(kept.lines) ? kept.lines.filter(isLine) : [];
    } catch {
      return []; // what someone else wrote there is no transcript of ours
    }
  }
}

function isLine(value: unknown): value is Line {
  const line = value as Partial<Line> | null;
  return typeof line?.key === "string" && typeof line.text === "string" && typeof line.at === "number" && ["person", "game", "agent", "notice"].includes(line.from ?? "");
}
