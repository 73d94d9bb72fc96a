// The chat page of a development node: the element, a picker for games, and a panel that explains the last turn.

// The element comes by a script of its own.
import type { GameEntry, MoveResponse } from "./client.js";
import type {} from "./element.js";

/** How often the page of a development node asks whether games changed or fail to compile, milliseconds. */
const STATUS_INTERVAL_MS = 2_000;

interface GameList {
  games: GameEntry[];
  /** Games may change while the node runs. */
  development?: boolean;
}

interface DevelopmentStatus {
  errors: { game: string; text: string }[];
  /** The version of each game that is served. */
  games?: Record<string, string | null>;
}

const chat = document.querySelector("lgdl-chat")!;
const picker = document.querySelector<HTMLSelectElement>("#game")!;
const panel = document.querySelector<HTMLElement>("#explanation")!;
const errors = document.querySelector<HTMLElement>("#errors")!;
const map = document.querySelector<HTMLDetailsElement>("#map")!;
const graph = document.querySelector<HTMLElement>("#graph")!;

/** The game and version that is drawn. */
let drawn = "";
/** The last answer of the conversation: where it stands. */
let last: MoveResponse | null = null;

chat.addEventListener("lgdl-turn", (event) => explain((event as CustomEvent<MoveResponse>).detail));
chat.addEventListener("lgdl-reset", () => {
  panel.replaceChildren(paragraph("Say something to see why it is answered so."));
  last = null;
  stand();
});
picker.addEventListener("change", () => choose(picker.value));

function choose(game: string): void {
  picker.value = game;
  chat.setAttribute("game", game);
  chat.setAttribute("heading", picker.selectedOptions[0]?.textContent ?? game);
  const url = new URL(location.href);
  url.searchParams.set("game", game);
  history.replaceState(null, "", url);
  last = null;
  panel.replaceChildren(paragraph("Say something to see why it is answered so."));
}

/** Shows which games there are; whether they may change. */
async function games(): Promise<boolean> {
  const response = await fetch("games");
  if (!response.ok) throw new Error(`the node answered ${response.status}`);
  const { games, development = false } = (await response.json()) as GameList;
  const known = Array.from(picker.options, (option) => option.value).join("\n");
  if (known === games.map((game) => game.id).join("\n")) return development;
  picker.replaceChildren(...games.map((game) => new Option(game.name.replaceAll("_", " "), game.id)));
  const wanted = new URL(location.href).searchParams.get("game");
  const first = games.find((game) => game.id === wanted) ?? games[0];
  if (first !== undefined) choose(first.id);
  return development;
}

/** Follows the games while they may change; elsewhere looks until it has seen them once. */
async function follow(): Promise<void> {
  try {
    const development = await games();
    const status = development ? await developmentStatus() : { errors: [] };
    const found = status.errors;
    if (development) await draw(status.games?.[picker.value] ?? "");
    errors.replaceChildren(...found.map(({ game, text }) => section(game, text)));
    errors.hidden = found.length === 0;
    if (!development) return;
  } catch {
    errors.replaceChildren(section("The node can't be reached.", ""));
    errors.hidden = false;
  }
  setTimeout(follow, STATUS_INTERVAL_MS);
}

async function developmentStatus(): Promise<DevelopmentStatus> {
  const response = await fetch("dev/status");
  if (!response.ok) throw new Error(`the node answered ${response.status}`);
  return (await response.json()) as DevelopmentStatus;
}

/** Draws the game that is talked to, once for each version of it. A node that draws none shows none. */
async function draw(version: string): Promise<void> {
  const game = picker.value;
  if (drawn === `${game} ${version}`) return;
  const response = await fetch(`dev/graph?game=${encodeURIComponent(game)}`);
  drawn = `${game} ${version}`;
  map.hidden = !response.ok;
  if (!response.ok) return;
  const picture = new DOMParser().parseFromString(await response.text(), "image/svg+xml").documentElement;
  picture.setAttribute("role", "img");
  graph.replaceChildren(document.importNode(picture, true));
  stand();
}

/** Marks the move that the conversation is in, and the slot that is asked for. */
function stand(): void {
  for (const marked of graph.querySelectorAll(".here")) marked.classList.remove("here");
  if (last === null) return;
  const resumed = (last.also ?? []).filter(({ state }) => state === "resumed").map(({ move_id }) => move_id);
  const slot = last.awaiting_slot;
  const boxes = [...resumed, last.move_id].map((name) => graph.querySelector(`[data-move="${CSS.escape(name)}"]`));
  const asked = (box: Element | null) => (slot === undefined ? null : box?.querySelector(`[data-slot="${CSS.escape(slot)}"]`));
  // What is asked for belongs to the move under way, which need not be the one that answered.
  const box = boxes.find((box) => asked(box)) ?? boxes.find((box) => box !== null) ?? null;
  box?.classList.add("here");
  asked(box)?.classList.add("here");
  if (map.open) box?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function explain(answer: MoveResponse): void {
  last = answer;
  stand();
  const facts: [string, string][] = [
    ["Move", answer.move_id],
    ["Confidence", answer.confidence.toFixed(2)],
    ["Stage", answer.stage],
    ["Turn", `${answer.turn}${answer.durable ? "" : " (not yet durable)"}`],
    ["Time at the edge", `${answer.latency_ms.toFixed(1)} ms`],
  ];
  if (answer.explanation) facts.splice(1, 0, ["Read as", answer.explanation.reading]);
  if (answer.action !== null) facts.push(["Capability", answer.action]);
  if (answer.escalated_to !== undefined) facts.push(["Handed over to", answer.escalated_to]);
  if (answer.also?.length) facts.push(["Also heard", answer.also.map(({ move_id, state }) => `${move_id} (${state})`).join(", ")]);
  if (answer.awaiting_slot !== undefined) facts.push(["Asked for", answer.awaiting_slot]);
  if (answer.degraded !== undefined) facts.push(["Degraded", answer.degraded]);
  const sources = new Map(answer.explanation?.slots.map(([name, , source]) => [name, source]));
  const slots = Object.entries(answer.slots ?? {});
  const candidates = answer.explanation?.candidates ?? [];
  panel.replaceChildren(
    list(facts),
    table("Slots", ["Slot", "Value", "From"], slots.map(([name, value]) => [name, shown(value), sources.get(name) ?? ""])),
    table(
      "Candidates",
      ["Move", "Pattern", "Score", "Needs"],
      candidates.map((c) => [c.move_id, c.pattern, c.score.toFixed(3), c.threshold.toFixed(2)]),
    ),
  );
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function paragraph(text: string): HTMLElement {
  const element = document.createElement("p");
  element.textContent = text;
  return element;
}

function section(title: string, text: string): HTMLElement {
  const element = document.createElement("section");
  const heading = document.createElement("h3");
  heading.textContent = title;
  const body = document.createElement("pre");
  body.textContent = text;
  element.append(heading, body);
  return element;
}

function list(facts: [string, string][]): HTMLElement {
  const element = document.createElement("dl");
  for (const [name, value] of facts) {
    const term = document.createElement("dt");
    term.textContent = name;
    const description = document.createElement("dd");
    description.textContent = value;
    element.append(term, description);
  }
  return element;
}

function table(caption: string, head: string[], rows: string[][]): HTMLElement {
  const element = document.createElement("table");
  element.createCaption().textContent = caption;
  const header = element.createTHead().insertRow();
  for (const name of head) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = name;
    header.append(cell);
  }
  const body = element.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    for (const value of row) line.insertCell().textContent = value;
  }
  element.hidden = rows.length === 0;
  return element;
}

void follow();
