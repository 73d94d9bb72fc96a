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

/** Keys of settled turns that are kept, so that a tab which has not heard of it brings none of them back. */
const MAX_KEPT_SETTLED = 50;

/** What stands in the storage: a turn that waits, or the key alone of one that needs no answer any more. */
type Entry = PendingTurn | { readonly key: string };

/**
 * The turns of one conversation that wait for an answer. Tabs share it, so it is read anew each time; and since a browser may show
 * a tab the storage as it was before another one's last write, each has its own turns in mind as well. Nothing is written once the
 * conversation is over, and nothing of another one is taken over.
 */
export class Outbox {
  /** This tab's, those that wait; all there are in place of a storage that is not there, is full or is forbidden. */
  #memory: PendingTurn[] = [];
  /** Keys that need no answer any more, in this tab or in another one. */
  readonly #settled = new Set<string>();

  constructor(
    private storage: KeyValueStorage | null,
    private readonly name: string,
    private readonly conversation: string,
    /** Whether the browser still keeps the conversation: another tab may have begun anew, or erased it. */
    private readonly goesOn: () => boolean,
  ) {
    this.restore();
  }

  list(): readonly PendingTurn[] {
    return this.#merge().turns;
  }

  add(turn: PendingTurn): void {
    this.#memory.push(turn);
    this.#write(this.list());
  }

  remove(key: string): void {
    this.#settled.add(key);
    this.#write(this.list());
  }

  /** Writes what another tab, that did not know it yet, has overwritten, and takes away what it has brought back. */
  restore(): void {
    const { turns, stale } = this.#merge();
    if (stale) this.#write(turns);
  }

  /** Forgets all of it, here and where it is kept. */
  clear(): void {
    this.#memory = [];
    this.#settled.clear();
    this.#keep([]);
  }

  /** What waits, and whether the storage says otherwise. What another tab has settled waits here no more, and is not told again. */
  #merge(): { turns: PendingTurn[]; stale: boolean } {
    const entries = this.#stored();
    const stored = entries.filter(isTurn);
    for (const entry of entries) if (!isTurn(entry)) this.#settled.add(entry.key);
    // What somebody still takes for unanswered is remembered the longest.
    for (const { key } of stored) if (this.#settled.delete(key)) this.#settled.add(key);
    const waiting = stored.filter((turn) => !this.#settled.has(turn.key) && conversationOf(turn) === this.conversation);
    const keys = new Set(waiting.map((turn) => turn.key));
    this.#memory = this.#memory.filter((turn) => !this.#settled.has(turn.key));
    const unknown = this.#memory.filter((turn) => !keys.has(turn.key));
    return { turns: [...waiting, ...unknown], stale: waiting.length < stored.length || unknown.length > 0 };
  }

  #stored(): Entry[] {
    if (this.storage === null || !this.goesOn()) return [];
    try {
      const kept: unknown = JSON.parse(this.storage.getItem(this.name) ?? "[]");
      return Array.isArray(kept) ? kept.filter(isEntry) : [];
    } catch {
      return []; // what someone else wrote there is no turn of ours
    }
  }

  #write(turns: readonly PendingTurn[]): void {
    if (this.goesOn()) this.#keep([...turns, ...[...this.#settled].slice(-MAX_KEPT_SETTLED).map((key) => ({ key }))]);
  }

  #keep(entries: readonly Entry[]): void {
    try {
      if (entries.length === 0) this.storage?.removeItem(this.name);
      else this.storage?.setItem(this.name, JSON.stringify(entries));
    } catch {
      this.#memory = entries.filter(isTurn);
      this.storage = null; // costs the memory across reloads, never the turn
    }
  }
}

function isEntry(value: unknown): value is Entry {
  return typeof (value as Partial<Entry> | null)?.key === "string";
}

function isTurn(entry: Entry): entry is PendingTurn {
  const turn = entry as Partial<PendingTurn>;
  return typeof turn.input === "string" && typeof turn.body === "string";
}

/** The conversation that a turn is for, as its request says. */
function conversationOf(turn: PendingTurn): unknown {
  try {
    return (JSON.parse(turn.body) as { conversation_id?: unknown } | null)?.conversation_id;
  } catch {
    return undefined;
  }
}
