// <lgdl-chat game="…" base-url="…">: a chat as a web component. docs/embed.md lists attributes, properties, methods, events.

import { Conversation, LgdlError, type Choice, type HandoverNow, type KeyValueStorage, type Message, type MoveResponse, type PendingTurn } from "./client.js";
import { explain } from "./diagnose.js";
import { Draft } from "./draft.js";
import { icon, make, named } from "./dom.js";
import { Speaker, listen } from "./speech.js";
import { styles } from "./styles.js";
import { filled, problemText, span, textsFor, type Texts } from "./texts.js";
import { Transcript, answerKey, type Line } from "./transcript.js";
import { View, type Note } from "./view.js";

export { CSS_PROPERTIES } from "./styles.js";
export type { Texts } from "./texts.js";

/** Attributes that say with whom a conversation is held: another value is another conversation. */
const CONVERSATION_ATTRIBUTES = ["game", "base-url", "api-key", "token-url", "user-id", "participant", "keep", "greets"] as const;
/** Attributes that change only what is shown. */
const SHOWN_ATTRIBUTES = ["heading", "subheading", "avatar", "greeting", "lang", "texts", "theme", "launcher", "open", "explain"] as const;
/** Every attribute: docs/embed.md lists them. */
export const ATTRIBUTES = [...CONVERSATION_ATTRIBUTES, ...SHOWN_ATTRIBUTES] as const;
/** Every event: docs/embed.md lists them. */
export const EVENTS = ["lgdl-turn", "lgdl-problem", "lgdl-reset", "lgdl-open", "lgdl-close"] as const;

/** How long a page may take to say which game, milliseconds. */
const GAME_AWAITED_MS = 3_000;
/** How often news are asked for while somebody was asked to step in, or is there, milliseconds. */
const NEWS_EVERY_MS = 1_500;

type TokenSource = (renew: boolean) => Promise<string>;

/** On a server there is no HTMLElement; importing this there must not fail. */
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

export class LgdlChat extends Base {
  static readonly observedAttributes: readonly string[] = ATTRIBUTES;

  #conversation: Conversation | null = null;
  #transcript: Transcript | null = null;
  #storage: KeyValueStorage | null = null;
  /** The half-written message, over a reload of this tab. */
  #draft: Draft | null = null;
  #speaker: Speaker | null = null;
  #token: TokenSource | null = null;
  #context: Record<string, unknown> = {};
  #ownTexts: Partial<Texts> = {};
  #texts = textsFor("en");
  /** On the page, with all its attributes: an element that is upgraded gets them one by one before. */
  #live = false;
  /** Keys of the turns that have no answer yet. */
  readonly #underway = new Set<string>();
  /** The conversation whose news are asked for. */
  #attended: { id: string } | null = null;
  /** Whether a screen reader was told that somebody is typing, since they last said something. */
  #saidTyping = false;
  #unread = 0;
  readonly #told = new Set<string>();
  readonly #view: View;
  readonly #launcher = make("button", { type: "button", class: "launcher", part: "launcher", "aria-expanded": "false" }, icon("chat"), icon("down"));
  readonly #badge = make("span", { class: "badge", "aria-hidden": "true" });

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [styles()];
    this.#view = new View(
      {
        say: (text, shown) => void this.#submit(text, shown),
        reset: () => this.reset(),
        close: () => this.close(),
        readAloud: () => this.#toggleSpeaker(),
        speak: (button) => void this.#listen(button),
        composed: (text) => this.#draft?.keep(text),
      },
      this.#texts,
    );
    this.#badge.hidden = true;
    this.#launcher.append(this.#badge);
    this.#launcher.addEventListener("click", () => (this.hasAttribute("open") ? this.close() : this.open()));
    root.append(this.#view.panel, this.#launcher);
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.#live || before === after) return;
    if ((CONVERSATION_ATTRIBUTES as readonly string[]).includes(name)) this.#connect();
    else if (name === "open") this.#opened(after !== null);
    else this.#dress();
  }

  connectedCallback(): void {
    for (const name of ["token", "context", "texts", "open"] as const) this.#upgrade(name);
    this.#live = true;
    this.#connect();
    this.#expanded();
    addEventListener("storage", this.#elsewhere);
    globalThis.visualViewport?.addEventListener("resize", this.#fit);
    this.#fit();
  }

  disconnectedCallback(): void {
    this.#live = false;
    removeEventListener("storage", this.#elsewhere);
    globalThis.visualViewport?.removeEventListener("resize", this.#fit);
    this.#conversation?.stop();
    this.#conversation = null;
    this.#speaker?.hush();
    this.#view.rest();
  }

  /** The conversation behind the element. */
  get conversation(): Conversation | null {
    return this.#conversation;
  }

  /** Gives the token of a signed-in person; asked again, with `true`, when the node no longer takes the last one. */
  get token(): TokenSource | null {
    return this.#token;
  }

  set token(token: TokenSource | null) {
    this.#token = token;
    if (this.#live) this.#connect();
  }

  /** Sent along with every turn. */
  get context(): Record<string, unknown> {
    return this.#context;
  }

  set context(context: Record<string, unknown>) {
    this.#context = context;
  }

  /** Words of the page's own, in place of the built-in ones. */
  get texts(): Partial<Texts> {
    return this.#ownTexts;
  }

  set texts(texts: Partial<Texts>) {
    this.#ownTexts = texts;
    if (this.#live) this.#dress();
  }

  /** Opens the panel of a launcher. Frameworks that set a property where there is one set this in the place of the attribute. */
  get open(): () => void {
    return () => this.setAttribute("open", "");
  }

  set open(open: boolean) {
    this.toggleAttribute("open", open);
  }

  /** Closes the panel of a launcher. */
  close(): void {
    if (this.hasAttribute("launcher")) this.removeAttribute("open");
  }

  /** Forgets the conversation on this page and begins a new one. */
  reset(): void {
    this.#conversation?.reset();
    this.#transcript?.clear();
    this.#view.compose("");
    this.#speaker?.hush();
    this.#begin();
    this.#view.focus();
    this.dispatchEvent(new CustomEvent("lgdl-reset"));
  }

  /** Erases the conversation everywhere and begins a new one. */
  async erase(): Promise<void> {
    await this.#conversation?.erase();
    this.reset();
  }

  /** Says something, as if the person had typed it. */
  async say(text: string): Promise<void> {
    const said = text.trim();
    if (said !== "") await this.#submit(said);
  }

  /** Puts the cursor into the composer. */
  override focus(options?: FocusOptions): void {
    this.#view.input.focus(options);
  }

  /** Tries again what waits to be sent. */
  retry(): void {
    this.#conversation?.retryNow();
  }

  /** A property that was set before the element was defined hides the accessor; this puts it through. */
  #upgrade(name: "token" | "context" | "texts" | "open"): void {
    if (!Object.hasOwn(this, name)) return;
    const value = this[name];
    delete (this as Partial<LgdlChat>)[name];
    Object.assign(this, { [name]: value });
  }

  #connect(): void {
    this.#conversation?.stop();
    this.#conversation = null;
    this.#dress();
    const game = this.getAttribute("game");
    if (!game) {
      this.#view.clear();
      setTimeout(() => this.#missGame(), GAME_AWAITED_MS);
      return;
    }
    this.#storage = storageFor(this.getAttribute("keep"));
    const attribute = (name: string) => this.getAttribute(name) ?? undefined;
    const optional = {
      baseUrl: attribute("base-url"),
      apiKey: attribute("api-key"),
      userId: attribute("user-id"),
      participant: attribute("participant"),
      token: this.#tokenSource(),
    };
    const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
    const context = () => {
      const locale = this.#stated();
      return { ...(locale === undefined ? {} : { locale }), ...this.#context };
    };
    this.#conversation = new Conversation({ game, storage: this.#storage, ...given, get context() { return context(); } });
    // What one person has half written to one game is for no other, also where the element was off the page meanwhile.
    if (this.#draft !== null && this.#draft.name !== this.#conversation.storageKey("draft")) {
      this.#draft = null;
      this.#view.compose("");
    }
    this.#begin();
  }

  #missGame(): void {
    if (!this.#live || this.getAttribute("game")) return;
    console.error("lgdl-chat: the attribute `game` is missing: it takes the id of a game of the node. See docs/embed.md.");
  }

  #tokenSource(): TokenSource | undefined {
    const url = this.getAttribute("token-url");
    if (this.#token !== null) return this.#token;
    if (url === null) return undefined;
    return async () => {
      const response = await fetch(url, { headers: { accept: "application/json" }, credentials: "same-origin", cache: "no-store" });
      const body = ((await response.json().catch(() => null)) ?? {}) as { token?: unknown };
      if (response.ok && typeof body.token === "string") return body.token;
      // A site that is busy is asked again; from one that gives none, none is expected.
      const status = response.status < 500 ? 401 : null;
      throw new LgdlError(`token-url must answer {"token": "…"}; ${url} answered ${response.status}`, "token", null, status);
    };
  }

  /** Shows what is kept of the conversation, and sends what has no answer yet. */
  #begin(): void {
    const conversation = this.#conversation;
    this.#view.clear();
    this.#underway.clear();
    if (conversation === null) return;
    this.#transcript = new Transcript(this.#storage, conversation.storageKey("transcript"), conversation.id);
    this.#draft = this.#draftFor(conversation);
    if (this.#view.input.value === "") this.#view.compose(this.#draft.kept());
    else this.#draft.keep(this.#view.input.value);
    const greeting = this.getAttribute("greeting");
    if (greeting) this.#view.show({ key: "greeting", from: "game", text: greeting, at: 0 });
    this.#showKept();
    this.#view.typing(null);
    this.#attended = null;
    if (this.#heard(conversation) !== null) void this.#attend(conversation);
    // The game's own greeting, where the page asks for it and nothing was said yet.
    if (this.hasAttribute("greets") && this.#transcript.lines.length === 0 && conversation.unanswered.length === 0) {
      conversation.queue("", { event: { name: "session_started" } });
    }
    for (const turn of conversation.unanswered) {
      if (turn.input !== "" && !this.#transcript.lines.some((line) => line.key === turn.key)) this.#put({ key: turn.key, from: "person", text: turn.input, at: Date.now() });
      void this.#follow(conversation, turn);
    }
  }

  /** Kept in the tab; where nothing may be kept, nothing of before is left there either. */
  #draftFor(conversation: Conversation): Draft {
    const of = (keep: string) => new Draft(storageFor(keep), conversation.storageKey("draft"), conversation.id);
    const inTab = of("tab");
    if (this.getAttribute("keep") !== "nothing") return inTab;
    inTab.keep("");
    return of("nothing");
  }

  #showKept(): void {
    const lines = this.#transcript?.lines ?? [];
    const questions = new Map(lines.map((line) => [answerKey(line.key), line.key]));
    for (const line of lines) {
      this.#view.show(line, questions.get(line.key));
      if (line.refused !== undefined) this.#view.note(line.key, this.#refusedNote(line));
    }
    this.#view.offer(lines.at(-1)?.choices);
  }

  /** Another tab said something, was answered, or began anew. */
  readonly #elsewhere = (event: StorageEvent): void => {
    const conversation = this.#conversation;
    if (conversation === null || event.storageArea !== this.#storage) return;
    if (event.key === null || event.key === conversation.storageKey("conversation")) {
      // What is begun anew or erased in one tab is so in all.
      this.#view.compose("");
      return this.#connect();
    }
    // What was written after the conversation ended elsewhere is not taken over, and never written again.
    if (!conversation.isKept) return;
    if (event.key === conversation.storageKey("pending")) return conversation.restore();
    if (event.key !== conversation.storageKey("transcript")) return;
    this.#transcript?.reload();
    const lines = this.#transcript?.lines ?? [];
    const kept = new Set(lines.map((line) => line.key));
    for (const key of this.#view.keys) if (key !== "greeting" && !kept.has(key)) this.#view.remove(key);
    this.#showKept();
  };

  async #submit(text: string, shown = text): Promise<void> {
    const conversation = this.#conversation;
    if (conversation === null) return;
    this.#speaker?.hush();
    this.#view.offer(undefined);
    const turn = conversation.queue(text, { explain: this.hasAttribute("explain") });
    this.#put({ key: turn.key, from: "person", text: shown, at: Date.now(), ...(shown === text ? {} : { said: text }) });
    await this.#follow(conversation, turn);
  }

  /** Sends a turn until it has its answer, and shows on the way what becomes of it. */
  async #follow(conversation: Conversation, turn: PendingTurn): Promise<void> {
    const id = conversation.id;
    const current = () => this.#conversation === conversation && conversation.id === id;
    const key = answerKey(turn.key);
    const spoken: string[] = [];
    this.#underway.add(turn.key);
    if (this.#view.waits) this.#view.note(turn.key, this.#behindNote());
    try {
      const answer = await conversation.deliver(turn, {
        patience: "endless",
        onTry: (attempt) => {
          if (!current()) return;
          this.#view.note(turn.key, attempt === 1 ? null : { state: "waiting", text: this.#texts.sendingAgain, actions: [] });
          this.#view.typing(attempt === 1 ? turn.key : null);
        },
        onSentence: (sentence) => {
          if (!current()) return;
          spoken.push(sentence);
          this.#view.writing();
          this.#view.show({ key, from: "game", text: spoken.join(" "), at: Date.now() }, turn.key);
          this.#speaker?.say(sentence);
        },
        onRetry: (_, waitMs, error) => {
          if (!current()) return;
          this.#view.typing(null);
          const note = this.#waitingNote(conversation, waitMs, error);
          this.#view.note(turn.key, note);
          // Behind one that waits the others wait too.
          for (const key of this.#underway) if (key !== turn.key) this.#view.note(key, this.#behindNote());
          this.#view.status(filled(note.text, { wait: span(Math.max(1, Math.ceil(waitMs / 1000)), this.#language()) }));
          void explain(error, this.getAttribute("base-url") ?? "", this.#told);
        },
      });
      if (!current()) return;
      this.#view.note(turn.key, null);
      this.#answered(turn, answer);
      if (spoken.length === 0 && answer.response !== "") this.#speaker?.say(answer.response);
    } catch (error) {
      if (!current()) return;
      this.#failed(turn, error);
    } finally {
      if (current()) {
        this.#underway.delete(turn.key);
        this.#view.typing(null);
      }
    }
  }

  /** The last turn whose news were shown, while somebody was asked to step in; kept over reloads. */
  #heard(conversation: Conversation): number | null {
    const kept = this.#storage?.getItem(conversation.storageKey("heard"))?.split(" ") ?? [];
    const turn = Number(kept[1]);
    return kept[0] === conversation.id && Number.isInteger(turn) ? turn : null;
  }

  #hear(conversation: Conversation, turn: number | null): void {
    try {
      this.#storage?.setItem(conversation.storageKey("heard"), turn === null ? "" : `${conversation.id} ${turn}`);
    } catch {
      // A full storage costs the memory across reloads alone.
    }
  }

  /** Asks for what others say, until nobody is asked for any more and nobody is there. */
  async #attend(conversation: Conversation, from?: number): Promise<void> {
    const id = conversation.id;
    if (this.#attended?.id === id) return;
    const mine = { id };
    this.#attended = mine;
    const current = () => this.#live && this.#conversation === conversation && conversation.id === id && this.#attended === mine;
    let after = this.#heard(conversation) ?? from ?? 0;
    this.#hear(conversation, after);
    let composing = false;
    while (current()) {
      try {
        // A stop is said once, by the tab that has said the beginning.
        const told = composing || this.#view.composing;
        composing = this.#view.composing;
        const news = await conversation.messages(after, told ? composing : undefined);
        if (!current()) return;
        for (const message of news.messages) this.#heardOf(message, news.handover);
        after = Math.max(after, news.turn);
        this.#hear(conversation, after);
        this.#stands(news.handover);
        if (news.handover === undefined) break;
      } catch (error) {
        if (!current()) return;
        // What is refused for good is not asked for again.
        if (error instanceof LgdlError && error.status !== null && error.status < 500 && error.status !== 429) break;
      }
      await new Promise((done) => setTimeout(done, NEWS_EVERY_MS));
    }
    if (!current()) return;
    this.#attended = null;
    this.#hear(conversation, null);
    this.#stands(undefined);
  }

  #heardOf(message: Message, now: HandoverNow | undefined): void {
    // What the person said stands there, and so does what the game answered to it.
    const shown = this.#transcript?.lines.some((line) => line.turn === message.turn && line.from === message.from);
    if (message.from === "person" || shown) return;
    this.#saidTyping = false;
    const by = message.from === "agent" ? (now?.agent ?? this.#texts.somebody) : undefined;
    const line: Line = {
      key: newsKey(this.#conversation?.id ?? "", message.turn, message.from),
      from: message.from,
      text: message.text,
      at: message.at_ms,
      turn: message.turn,
      ...(by === undefined ? {} : { by }),
      ...(message.choices === undefined ? {} : { choices: message.choices }),
    };
    this.#put(line);
    this.#view.offer(message.choices);
    this.#speaker?.say(message.text);
    if (this.hasAttribute("launcher") && !this.hasAttribute("open")) this.#countUnread(this.#unread + 1);
  }

  /** Says whom the person waits for, or is talking with. */
  #stands(now: HandoverNow | undefined): void {
    const name = now?.agent ?? now?.queue.replaceAll("_", " ") ?? "";
    const text = now?.stage === "with" ? this.#texts.talkingWith : this.#texts.waitingFor;
    this.#view.standing(now === undefined ? "" : filled(text, { name, count: String(now.place ?? 1) }));
    const typing = now?.stage === "with" && now.typing === true;
    if (this.#underway.size === 0) this.#view.somebodyTypes(typing);
    // Read out once, until they have said something.
    if (typing && !this.#saidTyping) this.#view.status(`${name}: ${this.#texts.typing}`);
    this.#saidTyping ||= typing;
  }

  #answered(turn: PendingTurn, answer: MoveResponse): void {
    const waits = answer.handover?.stage === "waiting" || answer.handover?.stage === "with";
    if (waits && this.#conversation !== null) void this.#attend(this.#conversation, answer.turn);
    this.#forgetNews(answer.turn);
    if (answer.stage === "with_agent" && answer.response === "") {
      // It was said to somebody: the game has nothing to say to it.
      this.#view.typing(null);
      this.#view.status("");
      this.dispatchEvent(new CustomEvent<MoveResponse>("lgdl-turn", { detail: answer }));
      return;
    }
    const inLine = Array.isArray(answer.also) ? answer.also.filter((one) => one.state === "waiting").length : 0;
    const line: Line = {
      key: answerKey(turn.key),
      from: "game",
      text: answer.response,
      at: Date.now(),
      turn: answer.turn,
      ...(answer.choices === undefined ? {} : { choices: answer.choices as Choice[] }),
      ...(answer.attachments === undefined ? {} : { attachments: answer.attachments }),
      ...(inLine === 0 ? {} : { inLine }),
      ...(answer.degraded === "stateless" ? { forgotten: true } : {}),
    };
    this.#view.typing(null);
    this.#put(line, turn.key);
    this.#view.status("");
    if (this.#underway.size === 1) this.#view.offer(answer.choices);
    if (this.hasAttribute("launcher") && !this.hasAttribute("open")) this.#countUnread(this.#unread + 1);
    this.dispatchEvent(new CustomEvent<MoveResponse>("lgdl-turn", { detail: answer }));
  }

  /** News that came before the answer that they are. */
  #forgetNews(turn: number): void {
    const key = newsKey(this.#conversation?.id ?? "", turn, "game");
    if (!this.#view.has(key)) return;
    this.#transcript?.remove(key);
    this.#view.remove(key);
  }

  #failed(turn: PendingTurn, thrown: unknown): void {
    const error = thrown instanceof LgdlError ? thrown : new LgdlError(String(thrown), "refused", null, 400);
    if (error !== thrown) console.error("lgdl-chat:", thrown);
    const refused = { code: error.problem?.code, status: error.status };
    void explain(error, this.getAttribute("base-url") ?? "", this.#told);
    const ended = problemText(refused.code, refused.status) === "ended";
    // What waits behind a turn that a conversation can't take any more was for that conversation, too.
    const keys = ended ? [...this.#underway] : [turn.key];
    // What is said next begins a new one.
    if (ended) this.#conversation?.reset(), this.#carryOver();
    for (const key of keys) {
      const line = this.#transcript?.lines.find((other) => other.key === key);
      if (line === undefined) continue; // an event: nobody said it
      this.#transcript?.put({ ...line, refused });
      this.#view.note(key, this.#refusedNote({ ...line, refused }));
    }
    this.#view.status(this.#refusedText(refused));
    const answered = this.#transcript?.lines.findLast((other) => other.from === "game");
    if (this.#underway.size <= 1) this.#view.offer(answered?.choices);
    this.dispatchEvent(new CustomEvent<LgdlError>("lgdl-problem", { detail: error }));
  }

  /** What was said stays on the page although the conversation has a new id. */
  #carryOver(): void {
    const conversation = this.#conversation;
    const lines = this.#transcript?.lines ?? [];
    if (conversation === null) return;
    this.#underway.clear();
    this.#view.typing(null);
    this.#transcript = new Transcript(this.#storage, conversation.storageKey("transcript"), conversation.id);
    // Which turns they were says nothing of the new one's.
    for (const { turn: _, ...line } of lines) this.#transcript.put(line);
    this.#draft = this.#draftFor(conversation);
    this.#draft.keep(this.#view.input.value);
  }

  #behindNote(): Note {
    return { state: "waiting", text: this.#texts.notSentYet, actions: [] };
  }

  #waitingNote(conversation: Conversation, waitMs: number, error: LgdlError): Note {
    const until = Date.now() + waitMs;
    const kind = error.failure === "refused" ? problemText(error.problem?.code, error.status) : "notSentYet";
    if (kind === "limited") return { state: "waiting", text: this.#texts.limited, until, actions: [] };
    const now = { label: this.#texts.sendNow, act: () => conversation.retryNow() };
    if (!navigator.onLine) return { state: "waiting", text: this.#texts.offline, actions: [now] };
    const first = kind === "busy" ? `${this.#texts.busy} ` : "";
    return { state: "waiting", text: first + this.#texts.tryingAgainIn, until, actions: error.retryAfterMs === null ? [now] : [] };
  }

  #refusedText(refused: Line["refused"]): string {
    const kind = problemText(refused?.code, refused?.status ?? null);
    return `${this.#texts.notSent} ${kind === "limited" ? "" : this.#texts[kind]}`.trim();
  }

  #refusedNote(line: Line): Note {
    const text = this.#refusedText(line.refused);
    const again = () => {
      this.#forget(line.key);
      void this.#submit(line.said ?? line.text, line.text);
    };
    const actions = [{ label: this.#texts.remove, act: () => this.#forget(line.key) }];
    return { state: "refused", text, actions: problemText(line.refused?.code, line.refused?.status ?? null) === "tooLong" ? actions : [{ label: this.#texts.sendAgain, act: again }, ...actions] };
  }

  #forget(key: string): void {
    this.#conversation?.drop(key);
    this.#transcript?.remove(key);
    this.#view.remove(key);
    this.#view.status("");
    this.#view.focus();
  }

  #put(line: Line, after?: string): void {
    this.#transcript?.put(line);
    this.#view.show(line, after);
  }

  #opened(open: boolean): void {
    if (!this.hasAttribute("launcher")) return;
    const focused = this.shadowRoot?.activeElement;
    this.#expanded();
    if (open) this.#view.focus();
    else if (focused) this.#launcher.focus();
    this.dispatchEvent(new CustomEvent(open ? "lgdl-open" : "lgdl-close"));
  }

  /** What the launcher says of the panel. */
  #expanded(): void {
    const open = this.hasAttribute("open");
    this.#launcher.setAttribute("aria-expanded", String(open));
    if (open) this.#unread = 0;
    this.#countUnread(this.#unread);
  }

  #countUnread(unread: number): void {
    this.#unread = unread;
    this.#badge.textContent = String(unread);
    this.#badge.hidden = unread === 0;
    this.#nameLauncher();
  }

  #nameLauncher(): void {
    const { minimise, open, openUnread } = this.#texts;
    const unread = filled(openUnread, { count: String(this.#unread) });
    named(this.#launcher, this.hasAttribute("open") ? minimise : this.#unread > 0 ? unread : open);
  }

  /** Everything that can be said in another language or has an attribute of its own. */
  #dress(): void {
    const language = this.#language();
    this.#texts = textsFor(language, { ...this.#attributeTexts(), ...this.#ownTexts });
    this.#view.speakIn(this.#texts, language);
    this.#view.head(this.getAttribute("heading") ?? this.#texts.title, this.getAttribute("subheading") ?? "", this.getAttribute("avatar"));
    const greeting = this.getAttribute("greeting");
    if (greeting && this.#view.has("greeting")) this.#view.show({ key: "greeting", from: "game", text: greeting, at: 0 });
    this.#nameLauncher();
  }

  #attributeTexts(): Partial<Texts> {
    const given = this.getAttribute("texts");
    if (given === null) return {};
    try {
      return JSON.parse(given) as Partial<Texts>;
    } catch {
      console.error("lgdl-chat: the attribute `texts` is not JSON. See docs/embed.md.");
      return {};
    }
  }

  /** The keyboard of a phone covers the page's lower part: the panel ends above it. */
  readonly #fit = (): void => {
    const height = globalThis.visualViewport?.height;
    if (height !== undefined) this.#view.panel.style.setProperty("--visible", `${height}px`);
  };

  #toggleSpeaker(): boolean {
    this.#speaker?.hush();
    this.#speaker = this.#speaker === null ? new Speaker(this.#language()) : null;
    return this.#speaker !== null;
  }

  #stopListening: (() => void) | null = null;

  async #listen(button: HTMLButtonElement): Promise<void> {
    if (this.#stopListening !== null) return this.#stopListening();
    this.#speaker?.hush();
    button.setAttribute("aria-pressed", "true");
    const listening = listen(this.#language(), (interim) => this.#view.compose(interim));
    this.#stopListening = listening.stop;
    const heard = await listening.result;
    this.#stopListening = null;
    button.setAttribute("aria-pressed", "false");
    this.#view.compose(heard ?? "");
    this.#view.submit();
  }

  /** The language that the page or the element says. */
  #stated(): string | undefined {
    return this.closest("[lang]")?.getAttribute("lang") || undefined;
  }

  #language(): string {
    return this.#stated() ?? navigator.language;
  }
}

const newsKey = (conversation: string, turn: number, from: string): string => `${conversation}:${turn}:${from}`;

/** Where the conversation is kept: on the device (default), in the tab, or nowhere. */
function storageFor(keep: string | null): KeyValueStorage | null {
  try {
    return keep === "nothing" ? null : keep === "tab" ? sessionStorage : localStorage;
  } catch {
    return null; // a page may be denied its storage
  }
}

if (globalThis.customElements?.get("lgdl-chat") === undefined) globalThis.customElements?.define("lgdl-chat", LgdlChat);

declare global {
  interface HTMLElementTagNameMap {
    "lgdl-chat": LgdlChat;
  }
}
