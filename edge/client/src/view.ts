// What the element shows: header, log, composer. It is told what to show and tells what the person does; it knows no node.

import { attached, choicesOf } from "./attachments.js";
import { icon, iconButton, linked, make, named, safeUrl } from "./dom.js";
import { canListen, canSpeak } from "./speech.js";
import { filled, span, type Texts } from "./texts.js";
import type { Line } from "./transcript.js";
import type { Choice } from "./wire.js";

/** The longest utterance that a node takes, characters. */
const MAX_UTTERANCE_CHARS = 4096;
/** From how many characters before the end on the composer says how many are left. */
const SAY_LEFT_FROM = 300;
/** Choices that are shown at once; more unfold. */
const CHOICES_AT_ONCE = 8;
/** A pause after which the time is shown again, milliseconds. */
const PAUSE_MS = 15 * 60_000;
/** How far from its end the log still counts as being at its end, pixels. */
const NEAR_END_PX = 48;
/** Somebody types for so long after their last key. */
const STILL_TYPING_MS = 3_000;

/** What became of a person's message that has no answer yet. */
export interface Note {
  state: "waiting" | "refused";
  /** With `{wait}`, where `until` says until when. */
  text: string;
  until?: number;
  actions: { label: string; act: () => void }[];
}

/** What the person does. */
export interface Doing {
  say(text: string, shown?: string): void;
  reset(): void;
  close(): void;
  readAloud(): boolean;
  speak(button: HTMLButtonElement): void;
  /** The composer holds something else than before. */
  composed(text: string): void;
}

export class View {
  readonly panel = make("section", { class: "panel", part: "panel" });
  readonly input = make("textarea", { rows: "1", autocomplete: "off", dir: "auto", enterkeyhint: "send" });
  readonly #avatar = make("span", { class: "avatar", part: "avatar", "aria-hidden": "true" });
  readonly #title = make("h2", { dir: "auto" });
  readonly #sub = make("p", { class: "sub", dir: "auto" });
  readonly #ask = make("div", { class: "ask", role: "group" });
  readonly #askText = make("p");
  readonly #askYes = make("button", { type: "button", class: "small primary" });
  readonly #askNo = make("button", { type: "button", class: "small" });
  readonly #log = make("div", { class: "log", part: "log", role: "log", "aria-live": "polite", tabindex: "0" });
  readonly #list = make("ol", { role: "list" });
  readonly #jump = make("button", { type: "button", class: "jump" }, icon("down"));
  readonly #jumpText = make("span");
  readonly #status = make("p", { class: "status unseen", role: "status" });
  readonly #standing = make("p", { class: "standing", part: "standing", role: "status", dir: "auto" });
  readonly #left = make("p", { class: "left", dir: "auto" });
  /** Whether the log is followed to its end, or to the beginning of what is to be read first; `null` once somebody scrolled away. */
  #follow: { first?: HTMLElement } | null = {};
  #scrolledTo = 0;
  readonly #send = make("button", { type: "submit", class: "tool send", part: "send" }, icon("send"));
  readonly #reset = iconButton("restart");
  readonly #close = iconButton("close", { class: "tool close" });
  readonly #aloud = canSpeak() ? iconButton("speaker", { "aria-pressed": "false" }) : null;
  readonly #microphone = canListen() ? iconButton("microphone", { "aria-pressed": "false" }) : null;
  readonly #items = new Map<string, HTMLLIElement>();
  readonly #notes = new Map<string, Note>();
  #typedAt = 0;
  readonly #typing = make("li", { class: "typing" });
  readonly #typingText = make("span", { class: "unseen" });
  #choices: HTMLLIElement | null = null;
  #ticking: ReturnType<typeof setInterval> | undefined;
  #texts: Texts;
  #language = "en";
  #lastAt = 0;

  constructor(
    private readonly doing: Doing,
    texts: Texts,
  ) {
    this.#texts = texts;
    const tools = make("div", { class: "tools" });
    if (this.#aloud !== null) tools.append(this.#aloud);
    tools.append(this.#reset, this.#close);
    this.#ask.append(this.#askText, this.#askYes, this.#askNo);
    this.#ask.hidden = true;
    const header = make("header", { part: "header" }, this.#avatar, make("div", { class: "names" }, this.#title, this.#sub), tools, this.#ask);
    this.#typing.append(this.#typingText, ...[1, 2, 3].map(() => make("span", { class: "dot", "aria-hidden": "true" })));
    this.#log.append(this.#list);
    this.#jump.append(this.#jumpText);
    this.#jump.hidden = true;
    const field = make("div", { class: "field" }, this.input);
    if (this.#microphone !== null) field.append(this.#microphone);
    const form = make("form", { part: "composer" }, this.#left, field, this.#send);
    this.#left.hidden = true;
    this.panel.append(header, make("div", { class: "body" }, this.#log, this.#jump), this.#status, this.#standing, form);
    this.#standing.hidden = true;
    this.#listen(form);
    this.#typed();
  }

  #listen(form: HTMLFormElement): void {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.submit();
      }
    });
    this.input.addEventListener("input", () => this.#typed());
    this.#reset.addEventListener("click", () => (this.#list.querySelector(".person") === null ? this.doing.reset() : this.#askWhether(true)));
    this.#askYes.addEventListener("click", () => (this.#askWhether(false), this.doing.reset()));
    this.#askNo.addEventListener("click", () => (this.#askWhether(false), this.#reset.focus()));
    this.#close.addEventListener("click", () => this.doing.close());
    this.#jump.addEventListener("click", () => this.#toEnd());
    this.#log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // Pictures that arrive, and a keyboard that opens, move the end.
    const resized = new ResizeObserver(() => this.#follow !== null && this.#toEnd(this.#follow.first));
    resized.observe(this.#log);
    resized.observe(this.#list);
    this.#aloud?.addEventListener("click", () => this.#aloud?.setAttribute("aria-pressed", String(this.doing.readAloud())));
    this.#microphone?.addEventListener("click", () => this.#microphone && this.doing.speak(this.#microphone));
    this.panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      if (!this.#ask.hidden) this.#askNo.click();
      else this.doing.close();
    });
  }

  /** Says everything in other words. */
  speakIn(texts: Texts, language: string): void {
    this.#texts = texts;
    this.#language = language;
    this.#log.setAttribute("aria-label", texts.conversation);
    this.input.setAttribute("aria-label", texts.message);
    this.input.placeholder = texts.placeholder;
    this.#count();
    this.#askText.textContent = texts.startOverQuestion;
    this.#ask.setAttribute("aria-label", texts.startOverQuestion);
    this.#askYes.textContent = texts.newConversation;
    this.#askNo.textContent = texts.cancel;
    this.#typingText.textContent = texts.typing;
    this.#jumpText.textContent = texts.newMessages;
    named(this.#send, texts.send);
    named(this.#reset, texts.startOver);
    named(this.#close, texts.close);
    if (this.#aloud !== null) named(this.#aloud, texts.readAloud);
    if (this.#microphone !== null) named(this.#microphone, texts.speak);
  }

  head(heading: string, subheading: string, avatar: string | null): void {
    this.#title.textContent = heading;
    this.#sub.textContent = subheading;
    this.panel.setAttribute("aria-label", heading);
    const url = avatar === null ? null : safeUrl(avatar, ["https:", "http:", "data:"]);
    const initial = [...heading.trim()][0]?.toUpperCase() ?? "";
    this.#avatar.replaceChildren(url === null ? initial : make("img", { src: url, alt: "" }));
    this.#avatar.hidden = url === null && initial === "";
  }

  clear(): void {
    this.#items.clear();
    this.#notes.clear();
    this.#tick();
    this.#choices = null;
    this.#lastAt = 0;
    this.#list.replaceChildren();
    this.#follow = {};
    this.#jump.hidden = true;
    this.#askWhether(false);
    this.status("");
    this.standing("");
  }

  /** Says something to a screen reader; who sees reads it where it belongs, so that nothing pushes the composer away. */
  status(text: string): void {
    if (this.#status.textContent !== text) this.#status.textContent = text;
  }

  /** Says above the composer who is there, or whom the person waits for; nothing, when it is the game. */
  standing(text: string): void {
    if (this.#standing.textContent !== text) this.#standing.textContent = text;
    this.#standing.hidden = text === "";
  }

  /** Whether an answer is being written; `by` is the turn that it is for. */
  typing(by: string | null): void {
    this.#log.setAttribute("aria-busy", String(by !== null));
    if (by === null) return this.#typing.remove();
    this.#typing.removeAttribute("aria-hidden");
    const atEnd = this.#isAtEnd();
    const question = this.#items.get(by);
    if (question === undefined) this.#list.append(this.#typing);
    else question.after(this.#typing);
    if (atEnd) this.#toEnd();
  }

  /** Whether somebody who stepped in is typing: for the eye; the status line says it to a screen reader. */
  somebodyTypes(typing: boolean): void {
    if (typing === this.#typing.isConnected) return;
    if (!typing) return this.#typing.remove();
    const atEnd = this.#isAtEnd();
    this.#typing.setAttribute("aria-hidden", "true");
    this.#list.append(this.#typing);
    if (atEnd) this.#toEnd();
  }

  /** Whether the person is typing. */
  get composing(): boolean {
    return this.input.value.trim() !== "" && Date.now() - this.#typedAt < STILL_TYPING_MS;
  }

  /** The answer has begun: the dots go, and the log is read out once all of it is there. */
  writing(): void {
    this.#typing.remove();
  }

  /** Shows a line, or shows it anew. */
  show(line: Line, after?: string): void {
    const atEnd = this.#isAtEnd();
    let item = this.#items.get(line.key);
    const fresh = item === undefined;
    if (item === undefined) {
      item = make("li", { class: `${line.from === "agent" ? "game agent" : line.from} fresh` });
      this.#items.set(line.key, item);
      const behind = after === undefined ? undefined : this.#items.get(after);
      if (behind !== undefined) behind.after(item);
      else {
        this.#timeBefore(line);
        this.#list.append(item);
      }
    }
    item.replaceChildren(...this.#parts(line), ...[...item.querySelectorAll(":scope > .note")]);
    const answers = line.from === "game" || line.from === "agent";
    if ((fresh && line.from === "person") || atEnd) this.#toEnd(answers ? item : undefined);
    else if (fresh && answers) this.#jump.hidden = false;
  }

  #parts(line: Line): HTMLElement[] {
    const text = make("div", { class: "text", dir: "auto", part: line.from === "person" ? "bubble-person" : "bubble" });
    for (const piece of withoutList(line)) {
      const words = linked(piece.text, this.#texts.newTab);
      text.append(piece.listed ? make("span", { class: "listed" }, words) : words);
    }
    const who = line.from === "person" ? this.#texts.you : line.from === "game" ? this.#texts.answer : "";
    const asides: string[] = [];
    if (line.forgotten) asides.push(this.#texts.notRemembered);
    if (line.inLine) asides.push(filled(this.#texts.nextInLine, { count: String(line.inLine) }));
    return [
      ...(line.by === undefined ? [] : [make("span", { class: "by", dir: "auto" }, line.by)]),
      ...(who === "" ? [] : [make("span", { class: "unseen" }, `${who} `)]),
      text,
      ...attached(line.attachments, this.#texts.newTab),
      ...asides.map((aside) => make("div", { class: "aside", dir: "auto" }, aside)),
    ];
  }

  #timeBefore(line: Line): void {
    if (line.from !== "notice" && line.at - this.#lastAt > PAUSE_MS) {
      const today = new Date(line.at).toDateString() === new Date().toDateString();
      const shape: Intl.DateTimeFormatOptions = today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
      const time = make("time", { datetime: new Date(line.at).toISOString() }, dated(line.at, this.#language, shape));
      this.#list.append(make("li", { class: "time" }, time));
    }
    this.#lastAt = Math.max(this.#lastAt, line.at);
  }

  remove(key: string): void {
    this.#items.get(key)?.remove();
    this.#items.delete(key);
    this.#notes.delete(key);
    this.#tick();
  }

  has(key: string): boolean {
    return this.#items.has(key);
  }

  get keys(): string[] {
    return [...this.#items.keys()];
  }

  /** Says under a person's line what became of it. */
  note(key: string, note: Note | null): void {
    const item = this.#items.get(key);
    if (item === undefined) return;
    const atEnd = this.#isAtEnd();
    item.querySelector(":scope > .note")?.remove();
    item.classList.toggle("waiting", note?.state === "waiting");
    item.classList.toggle("refused", note?.state === "refused");
    this.#notes.delete(key);
    if (note !== null) {
      this.#notes.set(key, note);
      // The count-down is not read out second by second; the status line has said it once.
      const words = make("span", { "aria-live": "off" }, icon("alert"), make("span", { class: "words", dir: "auto" }, this.#words(note)));
      const buttons = note.actions.map(({ label, act }) => {
        const button = make("button", { type: "button" }, label);
        button.addEventListener("click", act);
        return button;
      });
      item.append(make("div", { class: "note" }, words, ...buttons));
    }
    this.#tick();
    if (atEnd) this.#toEnd();
  }

  /** Whether a message waits to be sent. */
  get waits(): boolean {
    return [...this.#notes.values()].some((note) => note.state === "waiting");
  }

  #words(note: Note): string {
    if (note.until === undefined) return note.text;
    const seconds = Math.max(1, Math.ceil((note.until - Date.now()) / 1000));
    return filled(note.text, { wait: span(seconds, this.#language) });
  }

  #tick(): void {
    const counts = [...this.#notes.values()].some((note) => note.until !== undefined);
    if (!counts) {
      clearInterval(this.#ticking);
      this.#ticking = undefined;
    } else this.#ticking ??= setInterval(() => this.#recount(), 1000);
  }

  #recount(): void {
    for (const [key, note] of this.#notes) {
      const words = this.#items.get(key)?.querySelector(".note .words");
      if (words && note.until !== undefined) words.textContent = this.#words(note);
    }
  }

  /** Offers choices at the end of the log, where they scroll with it. */
  offer(choices: readonly Choice[] | undefined): void {
    const atEnd = this.#isAtEnd();
    this.#choices?.remove();
    this.#choices = null;
    const buttons = choicesOf(choices).map(({ label, value }) => {
      const button = make("button", { type: "button", part: "choice", dir: "auto" }, label);
      button.addEventListener("click", () => {
        this.offer(undefined);
        this.focus();
        this.doing.say(value, label);
      });
      return button;
    });
    if (buttons.length === 0) return;
    const group = make("div", { class: "choices", role: "group", "aria-label": this.#texts.choices }, ...buttons);
    const folded = buttons.length > CHOICES_AT_ONCE + 1 ? buttons.slice(CHOICES_AT_ONCE) : [];
    if (folded.length > 0) {
      const more = make("button", { type: "button", class: "more" }, filled(this.#texts.showAll, { count: String(buttons.length) }));
      for (const button of folded) button.hidden = true;
      more.addEventListener("click", () => {
        for (const button of folded) button.hidden = false;
        more.remove();
        folded[0]?.focus({ preventScroll: true });
        this.#toEnd(folded[0]);
      });
      group.append(more);
    }
    this.#choices = make("li", { class: "choices-item" }, group);
    this.#list.append(this.#choices);
    const said = this.#choices.previousElementSibling;
    // An answer that is taller than the log is read from its beginning; what it offers is still news.
    if (!atEnd && (this.#follow?.first === undefined || this.#follow.first !== said)) return;
    this.#toEnd(said instanceof HTMLElement ? said : undefined);
    this.#jump.hidden = this.#isAtEnd();
  }

  /** Puts text into the composer. */
  compose(text: string): void {
    this.input.value = text;
    this.#typed();
  }

  submit(): void {
    const text = this.input.value.trim();
    if (text === "") return;
    // What is too long stays to be shortened; the line above the composer says so.
    if (length(text) > MAX_UTTERANCE_CHARS) return this.input.focus();
    this.compose("");
    this.doing.say(text);
  }

  /** Puts the cursor into the composer, but opens no keyboard on a touch screen. */
  focus(): void {
    if (matchMedia("(pointer: fine)").matches) this.input.focus();
    else this.#log.focus({ preventScroll: true });
  }

  #typed(): void {
    this.#typedAt = Date.now();
    // An empty field has the page's direction, for its placeholder; what is typed has its own.
    this.input.dir = this.input.value === "" ? "" : "auto";
    this.input.style.height = "auto";
    // What is not shown has no height yet; one row is right then.
    if (this.input.scrollHeight > 0) this.input.style.height = `${this.input.scrollHeight}px`;
    this.#count();
    this.doing.composed(this.input.value);
  }

  /** Says how much can still be written, or that it is too much. */
  #count(): void {
    const text = this.input.value.trim();
    const left = MAX_UTTERANCE_CHARS - length(text);
    const number = (value: number) => numbered(value, this.#language);
    const words = filled(left < 0 ? this.#texts.charactersOver : this.#texts.charactersLeft, { count: number(Math.abs(left)), limit: number(MAX_UTTERANCE_CHARS) });
    const turned = left < 0 !== this.#left.classList.contains("over");
    this.#send.setAttribute("aria-disabled", String(text === "" || left < 0));
    this.input.setAttribute("aria-invalid", String(left < 0));
    this.#left.classList.toggle("over", left < 0);
    this.#left.textContent = left <= SAY_LEFT_FROM ? words : "";
    this.#left.hidden = left > SAY_LEFT_FROM;
    if (turned && left >= 0) this.status("");
    if (left <= SAY_LEFT_FROM && (turned || (left >= 0 && left % 50 === 0))) this.status(words);
  }

  #askWhether(asks: boolean): void {
    this.#ask.hidden = !asks;
    if (asks) this.#askYes.focus();
  }

  /** Whether the end is what is seen, or what the log is on its way to. */
  #isAtEnd(): boolean {
    return this.#follow !== null && this.#end() - this.#aim(this.#follow.first) < NEAR_END_PX;
  }

  #end(): number {
    return Math.max(0, this.#log.scrollHeight - this.#log.clientHeight);
  }

  /** The end, or no further than the beginning of what must be read first. */
  #aim(first?: HTMLElement): number {
    const end = this.#end();
    return first?.isConnected ? Math.min(end, Math.max(0, first.offsetTop - this.#list.offsetTop)) : end;
  }

  #toEnd(first?: HTMLElement): void {
    this.#follow = first === undefined ? {} : { first };
    const top = this.#aim(first);
    this.#scrolledTo = this.#log.scrollTop;
    // A long way is no movement to watch.
    const far = Math.abs(top - this.#scrolledTo) > this.#log.clientHeight;
    this.#log.scrollTo({ top, behavior: far ? "instant" : "auto" });
    if (this.#isAtEnd()) this.#jump.hidden = true;
  }

  /** Tells a scroll by hand from the way to where the log goes by itself: that one never turns back and never goes past it. */
  #scrolled(): void {
    const before = this.#scrolledTo;
    const moved = this.#log.scrollTop - before;
    this.#scrolledTo = this.#log.scrollTop;
    if (this.#follow !== null && Math.abs(moved) > 1 && moved * (this.#aim(this.#follow.first) - before) <= 0) this.#follow = null;
    if (this.#end() - this.#scrolledTo >= NEAR_END_PX) return;
    this.#follow ??= {};
    this.#jump.hidden = true;
  }

  /** Ends what runs by itself. */
  rest(): void {
    clearInterval(this.#ticking);
    this.#ticking = undefined;
  }
}

const length = (text: string): number => [...text].length;

/** A text in pieces: the list of its choices is one of its own where so many buttons say the same. */
function withoutList(line: Line): { text: string; listed: boolean }[] {
  const labels = choicesOf(line.choices).map(({ label }) => label.replace(/[.;]+$/, ""));
  const list = labels.map((label, index) => `${index + 1}) ${label}`).join(", ");
  const at = labels.length > CHOICES_AT_ONCE + 1 ? line.text.indexOf(list) : -1;
  if (at < 0) return [{ text: line.text, listed: false }];
  const rest = line.text.slice(at + list.length);
  const stop = /^[.。।؟?]?/u.exec(rest)?.[0] ?? "";
  return [
    { text: line.text.slice(0, at), listed: false },
    { text: list + stop, listed: true },
    { text: rest.slice(stop.length), listed: false },
  ];
}

function numbered(value: number, language: string): string {
  try {
    return value.toLocaleString(language);
  } catch {
    return String(value); // a language tag that is none
  }
}

function dated(at: number, language: string, shape: Intl.DateTimeFormatOptions): string {
  try {
    return new Intl.DateTimeFormat(language, shape).format(at);
  } catch {
    return new Intl.DateTimeFormat("en", shape).format(at); // a language tag that is none
  }
}
