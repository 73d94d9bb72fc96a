// Turns that have no answer yet, in the order in which they were said. They outlive a reload where there is storage.

/** Where ids, the transcript and unanswered turns are kept; `localStorage` has this shape. */
export interface KeyValueStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** A turn on its way. However often it is sent, it is the same request under the same key, and so the same turn. */
export interface PendingTurn {
  /** Its idempotency key. */
  readonly key: string;
  /** What was said. */
  readonly input: string;
  /** The request's body as it was first sent: another one under the same key would be refused. */
  readonly body: string;
}

/**
 * The turns of one conversation that wait for an answer. Tabs share it, so it is read anew each time; and since a browser may show
 * a tab the storage as it was before another one's last write, each has its own turns in mind as well.
 */
export class Outbox {
  /** This tab's, those that wait; all there are in place of a storage that is not there, is full or is forbidden. */
  #memory: PendingTurn[] = [];
  /** Keys that need no answer any more. */
  readonly #settled = new Set<string>();

  constructor(
    private storage: KeyValueStorage | null,
    private readonly name: string,
  ) {}

  list(): readonly PendingTurn[] {
    const stored = this.#stored().filter((turn) => !this.#settled.has(turn.key));
    const keys = new Set(stored.map((turn) => turn.key));
    return [...stored, ...this.#memory.filter((turn) => !keys.has(turn.key))];
  }

  add(turn: PendingTurn): void {
    this.#memory.push(turn);
    this.#write(this.list());
  }

  remove(key: string): void {
    this.#settled.add(key);
    this.#memory = this.#memory.filter((turn) => turn.key !== key);
    this.#write(this.list());
  }

  /** Writes what another tab, that did not know it yet, has overwritten. */
  restore(): void {
    const stored = this.#stored();
    const keys = new Set(stored.map((turn) => turn.key));
    if (this.#memory.some((turn) => !keys.has(turn.key)) || stored.some((turn) => this.#settled.has(turn.key))) this.#write(this.list());
  }

  clear(): void {
    this.#memory = [];
    this.#write([]);
  }

  #stored(): PendingTurn[] {
    if (this.storage === null) return [];
    try {
      const kept: unknown = JSON.parse(this.storage.getItem(this.name) ?? "[]");
      return Array.isArray(kept) ? kept.filter(isTurn) : [];
    } catch {
      return []; // what someone else wrote there is no turn of ours
    }
  }

  #write(turns: readonly PendingTurn[]): void {
    try {
      if (turns.length === 0) this.storage?.removeItem(this.name);
      else this.storage?.setItem(this.name, JSON.stringify(turns));
    } catch {
      this.#memory = [...turns];
      this.storage = null; // costs the memory across reloads, never the turn
    }
  }
}

function isTurn(value: unknown): value is PendingTurn {
  const turn = value as Partial<PendingTurn> | null;
  return typeof turn?.key === "string" && typeof turn.input === "string" && typeof turn.body === "string";
}
