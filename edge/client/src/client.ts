// A conversation with one game: turns in order, sent again safely, kept across reloads. No user interface.

import { serverEvents } from "./sse.js";
import type { MoveResponse, Problem } from "./wire.js";

export type { Explanation, GameEntry, MoveResponse, Negotiation, Problem } from "./wire.js";

/** Tries a turn gets at most, the first included. */
export const MAX_ATTEMPTS = 5;
/** The longest wait before another try that is not asked for by the server, milliseconds. */
export const MAX_BACKOFF_MS = 4_000;
/** A `Retry-After` beyond this is reported instead of waited for, milliseconds. */
export const MAX_RETRY_AFTER_MS = 30_000;
/** How long one try may take, milliseconds. */
export const DEFAULT_TIMEOUT_MS = 20_000;

const FIRST_BACKOFF_MS = 250;

/** Where ids and an unanswered turn are kept; `localStorage` has this shape. */
export interface KeyValueStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface ConversationOptions {
  /** The game's id. */
  game: string;
  /** Where the edge node is; default: the page's own origin. */
  baseUrl?: string;
  /** An API key, where the node asks for one. Anything in a page is public: give it a key made for that. */
  apiKey?: string;
  /** Who speaks; default: an id made once and kept. */
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
  /** Called before a try is repeated. */
  onRetry?: (attempt: number, waitMs: number) => void;
  /** Asks a development node why it answered so. */
  explain?: boolean;
  signal?: AbortSignal;
}

/** A refusal or a failure that another try would not mend. */
export class LgdlError extends Error {
  constructor(
    message: string,
    /** What the node said, when it was the node. */
    readonly problem: Problem | null,
    /** When the server says another try makes sense, milliseconds from now. */
    readonly retryAfterMs: number | null = null,
  ) {
    super(message);
    this.name = "LgdlError";
  }
}

interface PendingTurn {
  key: string;
  input: string;
}

/** One person's conversation with one game. Turns are sent one at a time, in the order of the calls. */
export class Conversation {
  readonly game: string;
  readonly userId: string;
  readonly #options: ConversationOptions;
  readonly #storage: KeyValueStorage | null;
  readonly #fetch: typeof fetch;
  #id: string;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.game = options.game;
    this.#storage = options.storage === undefined ? defaultStorage() : options.storage;
    this.#fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
    this.userId = options.userId ?? this.#kept("lgdl:user", () => newId("user"));
    this.#id = this.#kept(this.#key("conversation"), () => newId("conv"));
  }

  /** The conversation's id, kept across reloads. */
  get id(): string {
    return this.#id;
  }

  /** The text of a turn that was sent before a reload and has no answer yet. */
  get unanswered(): string | null {
    return this.#pending()?.input ?? null;
  }

  /** Says something and waits for the answer. A repeated try never is a second turn. */
  send(input: string, options: SendOptions = {}): Promise<MoveResponse> {
    return this.#enqueue(() => this.#turn({ key: newId("turn"), input }, options));
  }

  /** Sends the unanswered turn again, under its own key; `null` when there is none. */
  resume(options: SendOptions = {}): Promise<MoveResponse | null> {
    return this.#enqueue(async () => {
      const pending = this.#pending();
      return pending === null ? null : this.#turn(pending, options);
    });
  }

  /** Begins a new conversation with the same game. */
  reset(): void {
    this.#id = newId("conv");
    this.#store(this.#key("conversation"), this.#id);
    this.#storage?.removeItem(this.#key("pending"));
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

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work, work);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #turn(turn: PendingTurn, options: SendOptions): Promise<MoveResponse> {
    this.#store(this.#key("pending"), JSON.stringify(turn));
    const body = JSON.stringify({
      conversation_id: this.#id,
      user_id: this.userId,
      input: turn.input,
      context: { timezone: timeZone(), ...this.#options.context },
      ...(this.#options.participant === undefined ? {} : { participant: this.#options.participant }),
      ...(options.explain ? { explain: true } : {}),
    });
    try {
      const answer = await this.#attempts(turn.key, body, options);
      this.#storage?.removeItem(this.#key("pending"));
      return answer;
    } catch (error) {
      // A refusal is an answer; only a turn that may still be answered waits for `resume`.
      if (error instanceof LgdlError && error.problem !== null && error.retryAfterMs === null) {
        this.#storage?.removeItem(this.#key("pending"));
      }
      throw error;
    }
  }

  async #attempts(key: string, body: string, options: SendOptions): Promise<MoveResponse> {
    let sentences = 0;
    const onSentence = (index: number, sentence: string) => {
      if (index < sentences) return; // a repeated try streams the same answer from its beginning
      sentences = index + 1;
      options.onSentence?.(sentence);
    };
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#attempt(key, body, options, onSentence);
      if ("answer" in outcome) return outcome.answer;
      const wait = outcome.retryAfterMs ?? Math.random() * Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt);
      if (!outcome.again || attempt >= MAX_ATTEMPTS || wait > MAX_RETRY_AFTER_MS) throw outcome.error;
      options.onRetry?.(attempt, wait);
      await sleep(wait, options.signal);
    }
  }

  async #attempt(
    key: string,
    body: string,
    options: SendOptions,
    onSentence: (index: number, sentence: string) => void,
  ): Promise<{ answer: MoveResponse } | { again: boolean; retryAfterMs: number | null; error: LgdlError }> {
    const limit = AbortSignal.timeout(this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const signal = options.signal === undefined ? limit : AbortSignal.any([limit, options.signal]);
    try {
      const response = await this.#fetch(this.#url(`/games/${encodeURIComponent(this.game)}/move`), {
        method: "POST",
        headers: {
          ...this.#headers(),
          "content-type": "application/json",
          accept: options.onSentence === undefined ? "application/json" : "text/event-stream, application/json",
          "idempotency-key": key,
        },
        body,
        signal,
      });
      if (response.ok) return { answer: await readAnswer(response, onSentence) };
      return await refusal(response);
    } catch (error) {
      if (options.signal?.aborted) throw error;
      if (error instanceof LgdlError) return { again: error.problem === null, retryAfterMs: null, error };
      const message = limit.aborted ? "The service took too long to answer." : "The service can't be reached.";
      return { again: true, retryAfterMs: null, error: new LgdlError(message, null) };
    }
  }

  async #request(method: string, path: string): Promise<Response> {
    const url = this.#url(`${path}?user_id=${encodeURIComponent(this.userId)}&game=${encodeURIComponent(this.game)}`);
    const signal = AbortSignal.timeout(this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const response = await this.#fetch(url, { method, headers: this.#headers(), signal });
    if (!response.ok) throw (await refusal(response)).error;
    return response;
  }

  #url(path: string): string {
    return (this.#options.baseUrl ?? "").replace(/\/+$/, "") + path;
  }

  #headers(): Record<string, string> {
    return this.#options.apiKey === undefined ? {} : { authorization: `Bearer ${this.#options.apiKey}` };
  }

  #key(what: string): string {
    return `lgdl:${this.#options.baseUrl ?? ""}:${this.game}:${what}`;
  }

  #pending(): PendingTurn | null {
    try {
      const text = this.#storage?.getItem(this.#key("pending")) ?? null;
      const turn = text === null ? null : (JSON.parse(text) as Partial<PendingTurn>);
      return typeof turn?.key === "string" && typeof turn.input === "string" ? { key: turn.key, input: turn.input } : null;
    } catch {
      return null;
    }
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

async function readAnswer(
  response: Response,
  onSentence: (index: number, sentence: string) => void,
): Promise<MoveResponse> {
  if (!(response.headers.get("content-type") ?? "").startsWith("text/event-stream") || response.body === null) {
    return (await response.json()) as MoveResponse;
  }
  let index = 0;
  for await (const { event, data } of serverEvents(response.body)) {
    if (event === "sentence") {
      onSentence(index, (JSON.parse(data) as { text: string }).text);
      index += 1;
    } else if (event === "turn") {
      return JSON.parse(data) as MoveResponse;
    } else if (event === "problem") {
      const problem = JSON.parse(data) as Problem;
      throw new LgdlError(problem.detail, problem);
    }
  }
  throw new LgdlError("The answer was cut off.", null);
}

async function refusal(
  response: Response,
): Promise<{ again: boolean; retryAfterMs: number | null; error: LgdlError }> {
  const type = response.headers.get("content-type") ?? "";
  const problem = type.includes("json") ? ((await response.json().catch(() => null)) as Problem | null) : null;
  const again = [408, 425, 429, 500, 502, 503, 504].includes(response.status);
  const retryAfterMs = again ? retryAfter(response.headers.get("retry-after")) : null;
  const message = problem?.detail ?? `The service answered ${response.status}.`;
  return { again, retryAfterMs, error: new LgdlError(message, problem, retryAfterMs) };
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3). */
function retryAfter(value: string | null): number | null {
  if (value === null) return null;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
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
