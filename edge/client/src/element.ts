// <lgdl-chat game="…" base-url="…" heading="…">: a chat as a web component. Everything it shows comes from the client.
//
// Attributes: `game` (required), `base-url`, `api-key`, `user-id`, `heading`, `explain` (development nodes).
// Events: `lgdl-turn` with the answer as `detail`, `lgdl-problem` with the error, `lgdl-reset`.

import { Conversation, LgdlError, type MoveResponse } from "./client.js";
import { Speaker, canListen, canSpeak, listen } from "./speech.js";
import { styles } from "./styles.js";

/** The longest utterance that a node takes, characters. */
const MAX_UTTERANCE_CHARS = 4096;
/** Lines of the transcript that are kept for a reload of the page. */
const MAX_KEPT_LINES = 200;

interface Line {
  from: "person" | "game" | "notice";
  text: string;
}

export class LgdlChat extends HTMLElement {
  static readonly observedAttributes = ["game", "base-url", "api-key", "user-id", "heading"];

  #conversation: Conversation | null = null;
  #lines: Line[] = [];
  #speaker: Speaker | null = null;
  #busy = 0;
  readonly #log = make("ol", { role: "log", "aria-live": "polite", "aria-label": "Conversation", tabindex: "0" });
  readonly #choices = make("div", { class: "choices", role: "group", "aria-label": "Choices" });
  readonly #hint = make("p", { class: "hint", id: "hint" });
  readonly #status = make("p", { class: "status", role: "status" });
  readonly #input = make("textarea", {
    rows: "1",
    "aria-label": "Your message",
    "aria-describedby": "hint",
    placeholder: "Type a message",
    maxlength: String(MAX_UTTERANCE_CHARS),
    autocomplete: "off",
  });
  readonly #send = make("button", { type: "submit", class: "send" }, "Send");
  readonly #title = make("h2", {});

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open", delegatesFocus: true });
    root.adoptedStyleSheets = [styles()];
    const reset = make("button", { type: "button", class: "quiet" }, "Start over");
    reset.addEventListener("click", () => this.reset());
    const tools = make("div", { class: "tools" });
    if (canSpeak()) tools.append(this.#speechToggle());
    tools.append(reset);
    const header = make("header", {});
    header.append(this.#title, tools);
    const form = make("form", {});
    if (canListen()) form.append(this.#microphone());
    form.append(this.#input, this.#send);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.#submit();
      }
    });
    this.#input.addEventListener("input", () => this.#grow());
    root.append(header, this.#log, this.#choices, this.#status, this.#hint, form);
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (name === "heading") this.#title.textContent = after ?? "";
    else if (this.isConnected && before !== after) this.#connect();
  }

  connectedCallback(): void {
    this.#title.textContent = this.getAttribute("heading") ?? "";
    this.#connect();
  }

  disconnectedCallback(): void {
    this.#speaker?.hush();
  }

  /** The conversation behind the element. */
  get conversation(): Conversation | null {
    return this.#conversation;
  }

  /** Forgets the conversation and begins a new one. */
  reset(): void {
    this.#conversation?.reset();
    this.#lines = [];
    this.#keepLines();
    this.#show(null);
    this.#log.replaceChildren();
    this.#say("");
    this.dispatchEvent(new CustomEvent("lgdl-reset"));
    this.#input.focus();
  }

  /** Says something, as if the person had typed it. */
  async say(text: string): Promise<void> {
    const conversation = this.#conversation;
    if (conversation === null) return;
    this.#add({ from: "person", text });
    await this.#follow(conversation, (options) => conversation.send(text, options));
  }

  #connect(): void {
    const game = this.getAttribute("game");
    const attribute = (name: string) => this.getAttribute(name) ?? undefined;
    this.#log.replaceChildren();
    this.#show(null);
    this.#lines = [];
    if (!game) {
      this.#conversation = null;
      return;
    }
    const optional = { baseUrl: attribute("base-url"), apiKey: attribute("api-key"), userId: attribute("user-id") };
    const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
    const conversation = new Conversation({ game, ...given });
    this.#conversation = conversation;
    for (const line of this.#keptLines()) this.#add(line);
    const unanswered = conversation.unanswered;
    if (unanswered !== null) {
      if (this.#lines.at(-1)?.text !== unanswered) this.#add({ from: "person", text: unanswered });
      void this.#follow(conversation, (options) => conversation.resume(options));
    }
  }

  #submit(): void {
    const text = this.#input.value.trim();
    if (text === "" || this.#busy > 0) return;
    this.#input.value = "";
    this.#grow();
    this.#speaker?.hush();
    void this.say(text);
  }

  async #follow(
    conversation: Conversation,
    ask: (options: Parameters<Conversation["send"]>[1]) => Promise<MoveResponse | null>,
  ): Promise<void> {
    const id = conversation.id;
    const current = () => this.#conversation === conversation && conversation.id === id;
    const bubble = this.#bubble({ from: "game", text: "" });
    const spoken: string[] = [];
    this.#working(1);
    try {
      const answer = await ask({
        explain: this.hasAttribute("explain"),
        onSentence: (sentence) => {
          if (!current()) return;
          spoken.push(sentence);
          this.#write(bubble, spoken.join(" "));
          this.#speaker?.say(sentence);
        },
        onRetry: () => this.#say("The connection is slow. Trying again …"),
      });
      if (!current() || answer === null) return;
      this.#write(bubble, answer.response);
      if (spoken.length === 0 && answer.response !== "") this.#speaker?.say(answer.response);
      this.#remember({ from: "game", text: answer.response });
      this.#say(answer.degraded ? "The service is running in a limited mode right now." : "");
      this.#show(answer);
      this.dispatchEvent(new CustomEvent<MoveResponse>("lgdl-turn", { detail: answer }));
    } catch (error) {
      if (!current()) return;
      bubble.remove();
      this.#say(explained(error));
      this.dispatchEvent(new CustomEvent("lgdl-problem", { detail: error }));
    } finally {
      this.#working(-1);
      if (bubble.textContent === "") bubble.remove();
    }
  }

  #show(answer: MoveResponse | null): void {
    this.#choices.replaceChildren(
      ...(answer?.choices ?? []).map((choice) => {
        const button = make("button", { type: "button" }, choice);
        button.addEventListener("click", () => {
          this.#choices.replaceChildren();
          this.#input.focus();
          void this.say(choice);
        });
        return button;
      }),
    );
    const slot = answer?.awaiting_slot;
    this.#hint.textContent = slot === undefined ? "" : `Asked for: ${slot.replaceAll("_", " ")}`;
    this.#toEnd();
  }

  #working(change: 1 | -1): void {
    this.#busy += change;
    this.#send.disabled = this.#busy > 0;
    this.#log.setAttribute("aria-busy", String(this.#busy > 0));
    if (this.#busy > 0) this.#choices.replaceChildren();
  }

  #say(status: string): void {
    this.#status.textContent = status;
  }

  #add(line: Line): void {
    this.#bubble(line);
    this.#remember(line);
  }

  #bubble(line: Line): HTMLLIElement {
    const item = make("li", { class: line.from });
    item.append(make("span", { class: "who" }, line.from === "person" ? "You: " : "Answer: "));
    item.append(make("span", { class: "text" }, line.text));
    this.#log.append(item);
    this.#toEnd();
    return item;
  }

  #write(bubble: HTMLLIElement, text: string): void {
    const span = bubble.querySelector(".text");
    if (span !== null) span.textContent = text;
    this.#toEnd();
  }

  #toEnd(): void {
    this.#log.scrollTop = this.#log.scrollHeight;
  }

  #grow(): void {
    this.#input.style.height = "auto";
    this.#input.style.height = `${Math.min(this.#input.scrollHeight, 160)}px`;
  }

  #remember(line: Line): void {
    this.#lines.push(line);
    this.#keepLines();
  }

  /** The transcript stays in the tab's session storage: it outlives a reload, not the tab. */
  #keepLines(): void {
    const conversation = this.#conversation;
    if (conversation === null) return;
    try {
      const kept = { id: conversation.id, lines: this.#lines.slice(-MAX_KEPT_LINES) };
      sessionStorage.setItem(`lgdl:lines:${conversation.game}`, JSON.stringify(kept));
    } catch {
      // Without storage the transcript begins anew after a reload.
    }
  }

  #keptLines(): Line[] {
    const conversation = this.#conversation;
    if (conversation === null) return [];
    try {
      const text = sessionStorage.getItem(`lgdl:lines:${conversation.game}`);
      const kept = text === null ? null : (JSON.parse(text) as { id: string; lines: Line[] });
      return kept?.id === conversation.id ? kept.lines : [];
    } catch {
      return [];
    }
  }

  #speechToggle(): HTMLButtonElement {
    const toggle = make("button", { type: "button", class: "quiet", "aria-pressed": "false" }, "Read aloud");
    toggle.addEventListener("click", () => {
      this.#speaker?.hush();
      this.#speaker = this.#speaker === null ? new Speaker(this.#language()) : null;
      toggle.setAttribute("aria-pressed", String(this.#speaker !== null));
    });
    return toggle;
  }

  #microphone(): HTMLButtonElement {
    const button = make("button", { type: "button", class: "quiet", "aria-pressed": "false" }, "Speak");
    let stop: (() => void) | null = null;
    button.addEventListener("click", async () => {
      if (stop !== null) return stop();
      this.#speaker?.hush();
      button.setAttribute("aria-pressed", "true");
      const listening = listen(this.#language(), (interim) => (this.#input.value = interim));
      stop = listening.stop;
      const heard = await listening.result;
      stop = null;
      button.setAttribute("aria-pressed", "false");
      this.#input.value = heard ?? "";
      this.#submit();
    });
    return button;
  }

  #language(): string {
    return this.closest("[lang]")?.getAttribute("lang") ?? navigator.language;
  }
}

function explained(error: unknown): string {
  if (!(error instanceof LgdlError)) return "Something went wrong. Please try again.";
  if (error.problem?.status === 429) {
    const seconds = Math.ceil((error.retryAfterMs ?? 1000) / 1000);
    return `You are sending messages very fast. Please wait ${seconds} s and try again.`;
  }
  return error.message;
}

function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Record<string, string>,
  text?: string,
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

if (!customElements.get("lgdl-chat")) customElements.define("lgdl-chat", LgdlChat);

declare global {
  interface HTMLElementTagNameMap {
    "lgdl-chat": LgdlChat;
  }
}
