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

/** The turns of one conversation that wait for an answer. Tabs share it, so it is read anew each time. */
export class Outbox {
  /** In place of a storage that is not there, is full or is forbidden. */
  #memory: PendingTurn[] = [];

  constructor(
    private storage: KeyValueStorage | null,
    private readonly name: string,
  ) {}

  list(): readonly PendingTurn[] {
    if (this.storage === null) return this.#memory;
    try {
      const kept: unknown = JSON.parse(this.storage.getItem(this.name) ?? "[]");
      return Array.isArray(kept) ? kept.filter(isTurn) : [];
    } catch {
      return []; // what someone else wrote there is no turn of ours
    }
  }

  add(turn: PendingTurn): void {
    this.#write([...this.list().filter((other) => other.key !== turn.key), turn]);
  }

  remove(key: string): void {
    this.#write(this.list().filter((turn) => turn.key !== key));
  }

  clear(): void {
    this.#write([]);
  }

  #write(turns: readonly PendingTurn[]): void {
    this.#memory = [...turns];
    try {
      if (turns.length === 0) this.storage?.removeItem(this.name);
      else this.storage?.setItem(this.name, JSON.stringify(turns));
    } catch {
      this.storage = null; // costs the memory across reloads, never the turn
    }
  }
}

function isTurn(value: unknown): value is PendingTurn {
  const turn = value as Partial<PendingTurn> | null;
  return typeof turn?.key === "string" && typeof turn.input === "string" && typeof turn.body === "string";
}
