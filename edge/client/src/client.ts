// A conversation with one game: turns in order, sent again safely, kept across reloads. No user interface.

import { Outbox, type KeyValueStorage, type PendingTurn } from "./outbox.js";
import { serverEvents } from "./sse.js";
import type { Messages, MoveResponse, TurnEvent, Problem } from "./wire.js";

export type { KeyValueStorage, PendingTurn } from "./outbox.js";
export type { Also, Attachment, Choice, Explanation, GameEntry, HandoverNow, Message, Messages, MoveResponse, Negotiation, Problem } from "./wire.js";

/** Tries a turn gets at most unless told otherwise, the first included. */
export const MAX_ATTEMPTS = 5;
/** The longest wait before another try that is not asked for by the server, milliseconds. */
export const MAX_BACKOFF_MS = 30_000;
/** A `Retry-After` beyond this is reported instead of waited for, unless told to be patient, milliseconds. */
export const MAX_RETRY_AFTER_MS = 30_000;
/** How long one try may take, milliseconds. */
export const DEFAULT_TIMEOUT_MS = 20_000;

const FIRST_BACKOFF_MS = 500;
/** Statuses that another try may mend. */
const PASSING_STATUSES = [408, 425, 429, 500, 502, 503, 504];

export interface ConversationOptions {
  /** The game's id. */
  game: string;
  /** Where the edge node is; default: the page's own origin. */
  baseUrl?: string;
  /** An API key, where the node asks for one. Anything in a page is public: give it a key made for that. */
  apiKey?: string;
  /** Gives the token of a signed-in person; asked again, with `renew`, when the node no longer takes the last one. */
  token?: (renew: boolean) => Promise<string>;
  /** Who speaks; default: an id made once and kept. With tokens: the token's `sub`. */
  userId?: string;
  /** The participant, where it isn't `user`. */
  participant?: string;
  /** Sent along with every turn; `timezone` is added. */
  context?: Record<string, unknown>;
  /** `null` keeps nothing. Default: `localStorage` where there is one. */
  storage?: KeyValueStorage | null;
  /** Milliseconds a try may take. */
  timeoutMs?: number;
  /** For tests and for hosts with a fetch of their own. */
  fetch?: typeof fetch;
}

export interface SendOptions {
  /** Called with each sentence as it arrives. */
  onSentence?: (sentence: string) => void;
  /** Called when a try begins, from 1. */
  onTry?: (attempt: number) => void;
  /** Called before a try is repeated: which one failed, how long until the next, and why. */
  onRetry?: (attempt: number, waitMs: number, error: LgdlError) => void;
  /** `enough` (default) gives up after `MAX_ATTEMPTS`; `endless` tries until there is an answer or a refusal. */
  patience?: "enough" | "endless";
  /** Asks a development node why it answered so. */
  explain?: boolean;
  /** What happened, in the place of something said; the input is empty then. */
  event?: TurnEvent;
  signal?: AbortSignal;
}

/** What went wrong: the node refused, can't be reached, took too long, or its answer broke off; or the page gave no token. */
export type Failure = "refused" | "unreachable" | "timeout" | "cut" | "token";

/** A refusal or a failure. The message is for developers; `problem.code` tells which words a person should read. */
export class LgdlError extends Error {
  constructor(
    message: string,
    readonly failure: Failure,
    /** What the node said, when it was the node. */
    readonly problem: Problem | null = null,
    /** The HTTP status, where there was an answer. */
    readonly status: number | null = null,
    /** When the server says another try makes sense, milliseconds from then. */
    readonly retryAfterMs: number | null = null,
  ) {
    super(message);
    this.name = "LgdlError";
  }
}

type Outcome = { answer: MoveResponse } | { again: boolean; error: LgdlError };

/** One person's conversation with one game. Turns are sent one at a time, in the order of the calls. */
export class Conversation {
  readonly game: string;
  readonly userId: string;
  readonly #options: ConversationOptions;
  readonly #storage: KeyValueStorage | null;
  readonly #fetch: typeof fetch;
  #outbox: Outbox;
  #id: string;
  #queue: Promise<unknown> = Promise.resolve();
  /** Ends what is under way when the conversation begins anew. */
  #life = new AbortController();
  #wake: (() => void) | null = null;
  #token: string | null = null;
  /** Whether a token was asked for before: the next one is a renewal. */
  #asked = false;

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.game = options.game;
    this.#storage = options.storage === undefined ? defaultStorage() : options.storage;
    this.#fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
    this.userId = options.userId ?? this.#kept("lgdl:user", () => newId("user"));
    this.#id = this.#kept(this.storageKey("conversation"), () => newId("conv"));
    this.#outbox = this.#newOutbox();
  }

  /** The conversation's id, kept across reloads. */
  get id(): string {
    return this.#id;
  }

  /** Whether the browser keeps this conversation: without storage it keeps none, and another tab may have begun anew or erased it. */
  get isKept(): boolean {
    return this.#keeps(this.#id);
  }

  /** Turns that were said and have no answer yet, those from before a reload included, in order. */
  get unanswered(): readonly PendingTurn[] {
    return this.#outbox.list();
  }

  /** Says something and waits for the answer. A repeated try never is a second turn. */
  send(input: string, options: SendOptions = {}): Promise<MoveResponse> {
    return this.deliver(this.queue(input, options), options);
  }

  /** Tells the game that something happened: `session_started`, `timeout`, `button`, or a name of its own. */
  happen(name: string, value?: unknown, options: SendOptions = {}): Promise<MoveResponse> {
    return this.send("", { ...options, event: { name, ...(value === undefined ? {} : { value }) } });
  }

  /** Makes a turn and keeps it, so that it outlives a reload. `deliver` sends it. */
  queue(input: string, options: Pick<SendOptions, "explain" | "event"> = {}): PendingTurn {
    const body = JSON.stringify({
      conversation_id: this.#id,
      user_id: this.userId,
      input,
      context: { timezone: timeZone(), ...this.#options.context },
      ...(this.#options.participant === undefined ? {} : { participant: this.#options.participant }),
      ...(options.event === undefined ? {} : { event: options.event }),
      ...(options.explain ? { explain: true } : {}),
    });
    const turn = { key: newId("turn"), input, body };
    this.#outbox.add(turn);
    return turn;
  }

  /** Sends a turn of `unanswered`, behind those that are on their way. */
  deliver(turn: PendingTurn, options: SendOptions = {}): Promise<MoveResponse> {
    const life = this.#life.signal;
    const signal = options.signal === undefined ? life : AbortSignal.any([life, options.signal]);
    const result = this.#queue.then(() => this.#turn(turn, { ...options, signal }));
    this.#queue = result.catch(() => undefined);
    return result;
  }

  /** Takes a turn back that has no answer: it is not sent again. */
  drop(key: string): void {
    this.#outbox.remove(key);
  }

  /** Keeps `unanswered` where another tab has overwritten it: for whoever hears that the storage changed. What was erased stays so. */
  restore(): void {
    this.#outbox.restore();
  }

  /** Ends the wait before the next try, unless the server asked for it. */
  retryNow(): void {
    this.#wake?.();
  }

  /** Begins a new conversation with the same game. What is under way ends with an `AbortError`. */
  reset(): void {
    this.stop();
    this.#life = new AbortController();
    this.#id = newId("conv");
    this.#store(this.storageKey("conversation"), this.#id);
    this.#outbox.clear();
    this.#outbox = this.#newOutbox();
  }

  /** Ends what is under way; unanswered turns are kept. */
  stop(): void {
    this.#life.abort();
  }

  /**
   * What was said after a turn, by whomever: for as long as somebody was asked to step in, or is there. They see that the person is
   * `typing`, and that they have stopped; a tab that says neither leaves it to another one.
   */
  async messages(after: number, typing?: boolean): Promise<Messages> {
    const query = `&after=${after}${typing === undefined ? "" : `&typing=${typing}`}`;
    const response = await this.#request("GET", `/conversations/${encodeURIComponent(this.#id)}/messages`, query);
    const said = (await response.json()) as Partial<Messages> | null;
    if (!Array.isArray(said?.messages) || typeof said.turn !== "number") throw new LgdlError("That is no answer of a node.", "cut");
    return said as Messages;
  }

  /** Everything that is kept of this conversation, as the node exports it. */
  async export(): Promise<unknown> {
    const response = await this.#request("GET", `/conversations/${encodeURIComponent(this.#id)}/export`);
    return response.json();
  }

  /** Erases this conversation everywhere and begins a new one. */
  async erase(): Promise<void> {
    await this.#request("DELETE", `/conversations/${encodeURIComponent(this.#id)}`);
    this.reset();
  }

  /** The name under which something of this conversation is kept: persons who share a device share none. */
  storageKey(what: string): string {
    const person = this.#options.userId === undefined ? "" : `${this.#options.userId}:`;
    return `lgdl:${this.#options.baseUrl ?? ""}:${this.game}:${person}${what}`;
  }

  async #turn(turn: PendingTurn, options: SendOptions & { signal: AbortSignal }): Promise<MoveResponse> {
    options.signal.throwIfAborted();
    const outbox = this.#outbox;
    try {
      const answer = await this.#attempts(turn, options);
      outbox.remove(turn.key);
      options.signal.throwIfAborted(); // the conversation may have begun anew while the last of it was read
      return answer;
    } catch (error) {
      // A refusal is an answer; only a turn that may still be answered waits.
      if (error instanceof LgdlError && error.status !== null && !PASSING_STATUSES.includes(error.status)) {
        outbox.remove(turn.key);
      }
      throw error;
    }
  }

  async #attempts(turn: PendingTurn, options: SendOptions & { signal: AbortSignal }): Promise<MoveResponse> {
    let sentences = 0;
    const onSentence = (index: number, sentence: string) => {
      if (index < sentences) return; // a repeated try streams the same answer from its beginning
      sentences = index + 1;
      options.onSentence?.(sentence);
    };
    const endless = options.patience === "endless";
    let renewed = false;
    for (let attempt = 1; ; attempt += 1) {
      options.onTry?.(attempt);
      const outcome = await this.#attempt(turn, options, onSentence);
      if ("answer" in outcome) return outcome.answer;
      const { again, error } = outcome;
      if (error.status === 401 && this.#options.token !== undefined && !renewed) {
        renewed = true;
        this.#token = null;
        continue;
      }
      const wait = error.retryAfterMs ?? backoff(attempt);
      const enough = !endless && (attempt >= MAX_ATTEMPTS || wait > MAX_RETRY_AFTER_MS);
      if (!again || enough) throw error;
      options.onRetry?.(attempt, wait, error);
      await this.#pause(wait, options.signal, error.retryAfterMs === null);
    }
  }

  async #attempt(
    turn: PendingTurn,
    options: SendOptions & { signal: AbortSignal },
    onSentence: (index: number, sentence: string) => void,
  ): Promise<Outcome> {
    const limit = AbortSignal.timeout(this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    try {
      const response = await this.#fetch(this.#url(`/games/${encodeURIComponent(this.game)}/move`), {
        method: "POST",
        headers: {
          ...(await this.#credentials()),
          "content-type": "application/json",
          accept: options.onSentence === undefined ? "application/json" : "text/event-stream, application/json",
          "idempotency-key": turn.key,
        },
        body: turn.body,
        signal: AbortSignal.any([limit, options.signal]),
      });
      if (response.ok) return { answer: await readAnswer(response, onSentence) };
      const error = await refusal(response);
      return { again: PASSING_STATUSES.includes(response.status), error };
    } catch (error) {
      if (options.signal.aborted) throw error;
      const failed = failure(error, limit);
      return { again: failed.status === null || PASSING_STATUSES.includes(failed.status), error: failed };
    }
  }

  async #request(method: string, path: string, more = ""): Promise<Response> {
    const url = this.#url(`${path}?user_id=${encodeURIComponent(this.userId)}&game=${encodeURIComponent(this.game)}${more}`);
    for (let renewed = false; ; renewed = true) {
      const signal = AbortSignal.timeout(this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
      const headers = await this.#credentials();
      const response = await this.#fetch(url, { method, headers, signal }).catch((error: unknown) => Promise.reject(failure(error, signal)));
      if (response.ok) return response;
      if (response.status !== 401 || this.#options.token === undefined || renewed) throw await refusal(response);
      this.#token = null;
    }
  }

  #url(path: string): string {
    return (this.#options.baseUrl ?? "").replace(/\/+$/, "") + path;
  }

  async #credentials(): Promise<Record<string, string>> {
    const { apiKey, token } = this.#options;
    if (token !== undefined) {
      this.#token ??= await token(this.#asked).catch((error: unknown) => {
        throw error instanceof LgdlError ? error : new LgdlError(`The page gives no token: ${String(error)}`, "token");
      });
      this.#asked = true;
    }
    const credential = this.#token ?? apiKey;
    return credential === undefined ? {} : { authorization: `Bearer ${credential}` };
  }

  /** Waits; `retryNow` and a network that is back end it where the server did not ask for the wait. */
  #pause(ms: number, signal: AbortSignal, mayEnd: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const over = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", over);
        globalThis.removeEventListener?.("online", over);
        this.#wake = null;
        if (signal.aborted) reject(signal.reason);
        else resolve();
      };
      const timer = setTimeout(over, Math.min(ms, MAX_TIMER_MS));
      signal.addEventListener("abort", over);
      if (!mayEnd) return;
      this.#wake = over;
      globalThis.addEventListener?.("online", over);
    });
  }

  #newOutbox(): Outbox {
    const id = this.#id;
    return new Outbox(this.#storage, this.storageKey("pending"), id, () => this.#keeps(id));
  }

  #keeps(id: string): boolean {
    return this.#storage?.getItem(this.storageKey("conversation")) === id;
  }

  #kept(key: string, make: () => string): string {
    const kept = this.#storage?.getItem(key);
    if (kept) return kept;
    const made = make();
    this.#store(key, made);
    return made;
  }

  #store(key: string, value: string): void {
    try {
      this.#storage?.setItem(key, value);
    } catch {
      // A full or forbidden storage costs the memory across reloads, never the turn.
    }
  }
}

/** The longest that a timer of a browser can be set to. */
const MAX_TIMER_MS = 2_147_483_647;

/** Grows with each try, and differs between clients that failed together. */
function backoff(attempt: number): number {
  const most = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt);
  return most / 2 + (Math.random() * most) / 2;
}

/** What a request failed of that has no answer of a node. */
function failure(error: unknown, limit: AbortSignal): LgdlError {
  if (error instanceof LgdlError) return error;
  if (limit.aborted) return new LgdlError("The node took too long to answer.", "timeout");
  // Somebody answered, in another language.
  if (error instanceof SyntaxError) return new LgdlError("That is no answer of a node.", "cut");
  return new LgdlError(`The node can't be reached: ${String(error)}`, "unreachable");
}

async function readAnswer(
  response: Response,
  onSentence: (index: number, sentence: string) => void,
): Promise<MoveResponse> {
  if (!(response.headers.get("content-type") ?? "").startsWith("text/event-stream") || response.body === null) {
    return checked(await response.json());
  }
  let index = 0;
  for await (const { event, data } of serverEvents(response.body)) {
    if (event === "sentence") {
      onSentence(index, (JSON.parse(data) as { text: string }).text);
      index += 1;
    } else if (event === "turn") {
      return checked(JSON.parse(data));
    } else if (event === "problem") {
      const problem = JSON.parse(data) as Problem;
      throw new LgdlError(problem.detail, "refused", problem, problem.status);
    }
  }
  throw new LgdlError("The answer was cut off.", "cut");
}

/** A page of someone else at that address may answer 200 too. */
function checked(answer: unknown): MoveResponse {
  if (typeof (answer as Partial<MoveResponse> | null)?.response === "string") return answer as MoveResponse;
  throw new LgdlError("That is no answer of a node.", "cut");
}

async function refusal(response: Response): Promise<LgdlError> {
  const type = response.headers.get("content-type") ?? "";
  const said = type.includes("json") ? ((await response.json().catch(() => null)) as Problem | null) : null;
  const problem = typeof said?.code === "string" ? said : null;
  const passing = PASSING_STATUSES.includes(response.status);
  const retryAfterMs = passing ? retryAfter(response.headers.get("retry-after")) : null;
  const message = problem?.detail ?? `The node answered ${response.status}.`;
  return new LgdlError(message, "refused", problem, response.status, retryAfterMs);
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3). */
function retryAfter(value: string | null): number | null {
  if (value === null) return null;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

function newId(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `${prefix}_${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function timeZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function defaultStorage(): KeyValueStorage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null; // a page may be denied its storage
  }
}
