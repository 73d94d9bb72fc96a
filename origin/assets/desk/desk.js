// The desk: an agent says every two seconds that they are there, sees what waits, and speaks with persons.

import { known, say as text, translate } from "./texts.js";

const HEARTBEAT_MS = 2_000;
const WAIT_MS = 8_000;
const AFTER_FAILURE_MS = 1_000;
/** The agent types for so long after their last key. */
const STILL_TYPING_MS = 3_000;
const KEPT = "lgdl:desk";
const KEPT_OPEN = "lgdl:desk:open";

const at = (id) => document.getElementById(id);
const state = { session: kept(), agent: null, open: null, turn: 0, life: 0, typedAt: 0, saysTyping: false, beats: null, saidTyping: false, mine: [], seen: new Map() };

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT));
  } catch {
    return null;
  }
}

function keep(session) {
  state.session = session;
  if (session === null) sessionStorage.removeItem(KEPT);
  else sessionStorage.setItem(KEPT, JSON.stringify(session));
}

class Refused extends Error {
  constructor(status, detail, code) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

async function send(method, path, body, token) {
  const headers = { accept: "application/json" };
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  const response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store" });
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, refusal(response.status, answer), answer.code);
  return answer;
}

/** What a refusal means here; what has no words of its own is said as the origin says it. */
function refusal(status, answer) {
  const words = { E526: "sessionOver", E527: "noQueues", E530: "notYours", E534: "takesNoPart" }[answer.code];
  if (words !== undefined) return text(words);
  return status === 429 ? text("tooMany") : (answer.detail ?? text("failed", { status }));
}

let refreshing = null;

/** Asks as the agent; with the next pair of tokens where the last one is over. */
async function ask(method, path, body) {
  const session = state.session;
  if (session === null) throw new Refused(401, text("logInFirst"));
  try {
    return await send(method, path, body, session.access);
  } catch (error) {
    if (error.status !== 401) throw error;
  }
  refreshing ??= send("POST", "/admin/v1/refresh", { refresh_token: session.refresh }).finally(() => (refreshing = null));
  const pair = await refreshing;
  keep({ access: pair.access_token, refresh: pair.refresh_token });
  return send(method, path, body, pair.access_token);
}

/** Not `randomUUID`: a page that did not come over TLS has none. */
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Does something until the origin has answered: with the same key it is done once, however often it is sent. */
async function surely(path, body) {
  const whole = { ...body, key: newKey() };
  for (;;) {
    try {
      return await ask("POST", path, whole);
    } catch (error) {
      if (error.status !== undefined && error.status < 500) throw error;
      linked(false);
      await pause(AFTER_FAILURE_MS);
    }
  }
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const conversation = (id) => `/admin/v1/desk/conversations/${encodeURIComponent(id)}`;
const tell = (words) => (at("problem").textContent = words);
const linked = (there) => {
  const words = text(there ? "connected" : "notConnected");
  if (at("link").textContent !== words) at("link").textContent = words;
};

function make(name, className, ...content) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

const since = (ms) => {
  const minutes = Math.floor((Date.now() - ms) / 60_000);
  return minutes < 1 ? text("justNow") : text("minutes", { count: minutes });
};

// Being there.

async function beHere(life) {
  while (state.life === life) {
    try {
      const typing = at("text").value.trim() !== "" && Date.now() - state.typedAt < STILL_TYPING_MS ? state.open : null;
      // A stop is said once, by the page that has said the beginning: the agent may be typing in another one.
      const said = typing !== null || state.saysTyping ? { typing } : {};
      show(await ask("POST", "/admin/v1/desk/presence", said));
      state.saysTyping = typing !== null;
      linked(true);
    } catch (error) {
      if (error.status === 401) return leave(text("sessionOver"));
      if (error.status === 403) return leave(error.message);
      linked(false);
    }
    // Whoever begins to type says so at once, and then with every beat.
    await Promise.race([pause(HEARTBEAT_MS), new Promise((now) => (state.beats = now))]);
  }
}

function show(desk) {
  state.agent = desk.agent;
  state.mine = desk.mine;
  for (const one of desk.mine) if (!state.seen.has(one.conversation)) state.seen.set(one.conversation, one.turn);
  at("who").textContent = `${desk.agent.name}: ${desk.agent.queues.join(", ")}`;
  fill("waiting", desk.waiting, (one) => (one.requeued > 0 ? text("cameBack") : "") + text("waits", { time: since(one.since_ms) }));
  fill("mine", desk.mine, (one) => text("since", { time: since(one.accepted_at_ms) }));
  const came = (one) => (known(one.outcome ?? one.stage) ? text(one.outcome ?? one.stage) : (one.outcome ?? one.stage));
  const ended = desk.ended.slice(0, 10).map((one) => make("li", "", `${one.queue}, ${one.game}: ${came(one)}`));
  at("ended").replaceChildren(...ended);
  at("waiting-count").textContent = `(${desk.waiting.length})`;
  at("mine-count").textContent = `(${desk.mine.length})`;
  const open = [...desk.waiting, ...desk.mine].find((one) => one.conversation === state.open);
  if (open !== undefined) {
    stands(open);
    types(open.person_types);
  }
  document.title = desk.waiting.length === 0 ? text("desk") : `(${desk.waiting.length}) ${text("desk")}`;
}

/** Lists conversations, and leaves what is there already, so that the keyboard stays where it is. */
function fill(id, handovers, told) {
  const list = at(id);
  const wanted = new Set(handovers.map((one) => one.conversation));
  for (const item of [...list.children]) if (!wanted.has(item.dataset.id)) item.remove();
  handovers.forEach((one, index) => {
    let item = [...list.children].find((other) => other.dataset.id === one.conversation);
    if (item === undefined) {
      const button = make("button", "", make("strong", "", one.queue), " ", make("span", "facts"));
      button.type = "button";
      button.addEventListener("click", () => void enter(one.conversation));
      item = make("li", "", button);
      item.dataset.id = one.conversation;
    }
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
    const news = one.conversation !== state.open && one.turn > state.seen.get(one.conversation);
    item.className = [one.urgent ? "urgent" : "", news ? "news" : ""].join(" ").trim();
    item.querySelector(".facts").textContent = `${news ? text("news") : ""}${one.urgent ? text("urgent") : ""}${one.game}, ${told(one)}`;
    item.querySelector("button").setAttribute("aria-current", String(one.conversation === state.open));
  });
}

// One conversation.

async function enter(id) {
  state.open = id;
  sessionStorage.setItem(KEPT_OPEN, id);
  state.turn = 0;
  tell("");
  at("messages").replaceChildren();
  at("reply").reset();
  at("return").reset();
  at("ending").open = false;
  at("conversation").hidden = false;
  state.saidTyping = false;
  at("types").textContent = at("types-told").textContent = "";
  at("title").textContent = "…";
  at("title").focus();
  await follow(id);
}

/** Shows what is said in a conversation for as long as it is open here. */
async function follow(id) {
  while (state.open === id) {
    try {
      const view = await ask("GET", `${conversation(id)}?after=${state.turn}&wait_ms=${state.turn === 0 ? 0 : WAIT_MS}`);
      if (state.open !== id) return;
      linked(true);
      tellFacts(view);
      for (const message of view.messages) say(message);
      state.turn = Math.max(state.turn, view.turn);
      state.seen.set(id, state.turn);
    } catch (error) {
      if (state.open !== id) return;
      if (error.code === "E534") return close(error.message);
      if (error.status === 404 || error.status === 410) return close(text(error.status === 404 ? "movedOn" : "gone"));
      if (error.status !== undefined && error.status < 500) return tell(error.message);
      linked(false);
      await pause(AFTER_FAILURE_MS);
    }
  }
}

function tellFacts(view) {
  stands(view.handover);
  if (state.turn !== 0) return;
  const fact = (name, value) => make("div", "", make("dt", "", name), make("dd", "", value));
  const shown = (value) => (typeof value === "string" ? value : JSON.stringify(value));
  const facts = view.slots.map((slot) => fact(slot.name.replaceAll("_", " "), shown(slot.value)));
  if (view.moves.length > 0) facts.unshift(fact(text("cameThrough"), view.moves.join(", ").replaceAll("_", " ")));
  at("facts").replaceChildren(...facts);
}

function stands(handover) {
  const own = handover.stage === "with";
  at("title").textContent = `${handover.queue}: ${handover.game}`;
  const urgent = handover.urgent ? [make("span", "urgent-word", text("urgentWord"))] : [];
  const until = new Date(handover.gives_up_at_ms).toLocaleTimeString();
  const waits = text("waitsUntil", { time: since(handover.waiting_since_ms), until });
  at("standing").replaceChildren(...urgent, own ? text("withYou") : waits);
  at("accept").hidden = own;
  at("reply").hidden = !own;
  at("ending").hidden = !own;
}

/** Shows that the person types. A screen reader is told once, until they have said something. */
function types(typing) {
  at("types").textContent = typing ? text("types") : "";
  if (typing && !state.saidTyping) at("types-told").textContent = text("types");
  state.saidTyping ||= typing;
}

function say({ turn, from, text: said }) {
  const key = `${turn}:${from}`;
  const list = at("messages");
  if ([...list.children].some((item) => item.dataset.key === key)) return;
  const item = make("li", from, make("span", "who", text(from)), said);
  if (from === "person") {
    state.saidTyping = false;
    at("types").textContent = at("types-told").textContent = "";
  }
  item.dir = "auto";
  item.dataset.key = key;
  list.append(item);
  at("log").scrollTop = at("log").scrollHeight;
}

function close(why) {
  state.open = null;
  sessionStorage.removeItem(KEPT_OPEN);
  at("conversation").hidden = true;
  tell(why);
}

async function doing(button, work) {
  button.disabled = true;
  tell("");
  try {
    await work();
  } catch (error) {
    tell(error.message);
  } finally {
    button.disabled = false;
  }
}

at("accept").addEventListener("click", (event) => {
  const id = state.open;
  void doing(event.currentTarget, async () => {
    await surely(`${conversation(id)}/accept`, {}).catch((error) => {
      const words = error.code === "E534" ? undefined : { 409: "taken", 422: "full" }[error.status];
      throw words === undefined ? error : new Error(text(words));
    });
    if (state.open !== id) return;
    at("accept").hidden = true;
    at("reply").hidden = false;
    at("ending").hidden = false;
    at("text").focus();
  });
});

at("reply").addEventListener("submit", (event) => {
  event.preventDefault();
  const [id, said] = [state.open, at("text").value.trim()];
  if (said === "") return;
  void doing(event.currentTarget.querySelector("button"), async () => {
    at("text").value = "";
    try {
      await surely(`${conversation(id)}/messages`, { text: said });
    } catch (error) {
      // What could not be said is not lost.
      if (state.open === id && at("text").value === "") at("text").value = said;
      throw error;
    }
  });
});

at("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  at("reply").requestSubmit();
});

at("text").addEventListener("input", () => {
  const began = Date.now() - state.typedAt >= STILL_TYPING_MS;
  state.typedAt = Date.now();
  if (began) state.beats?.();
});

function readValues(given) {
  const values = {};
  for (const line of given.split("\n").map((line) => line.trim()).filter((line) => line !== "")) {
    const [name, ...rest] = line.split("=");
    if (rest.length === 0) throw new Error(text("notAValue", { line }));
    values[name.trim()] = rest.join("=").trim();
  }
  return values;
}

at("return").addEventListener("submit", (event) => {
  event.preventDefault();
  const [id, form] = [state.open, event.currentTarget];
  void doing(form.querySelector("button"), async () => {
    const given = new FormData(form);
    const body = { outcome: given.get("outcome"), notes: given.get("notes"), values: readValues(given.get("values")) };
    await surely(`${conversation(id)}/return`, body);
    if (state.open === id) close(text("handedBack"));
  });
});

at("release").addEventListener("click", (event) => {
  const id = state.open;
  void doing(event.currentTarget, async () => {
    await ask("POST", `${conversation(id)}/release`, {});
    if (state.open === id) close(text("released"));
  });
});

// Coming and going.

at("login").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  void doing(form.querySelector("button"), async () => {
    const given = new FormData(form);
    const pair = await send("POST", "/admin/v1/login", { name: given.get("name"), password: given.get("password") }).catch((error) => {
      throw error.status === 401 ? new Refused(401, text("wrongLogin")) : error;
    });
    keep({ access: pair.access_token, refresh: pair.refresh_token });
    form.reset();
    begin();
  });
});

at("leave").addEventListener("click", (event) => {
  void doing(event.currentTarget, async () => {
    // Who goes leaves nobody waiting until they are missed.
    for (const one of state.mine) await ask("POST", `${conversation(one.conversation)}/release`, {}).catch(() => null);
    await ask("POST", "/admin/v1/logout").catch(() => null);
    leave("");
  });
});

function begin() {
  state.life += 1;
  at("entrance").hidden = true;
  at("desk").hidden = false;
  at("leave").hidden = false;
  tell("");
  void beHere(state.life);
  // Where the page was left, if it is still this agent's.
  const open = sessionStorage.getItem(KEPT_OPEN);
  if (open !== null) void ask("GET", `${conversation(open)}?after=1`).then(() => enter(open), () => sessionStorage.removeItem(KEPT_OPEN));
}

function leave(why) {
  state.life += 1;
  state.open = null;
  state.mine = [];
  sessionStorage.removeItem(KEPT_OPEN);
  keep(null);
  at("entrance").hidden = false;
  at("desk").hidden = true;
  at("conversation").hidden = true;
  at("leave").hidden = true;
  for (const id of ["who", "link"]) at(id).textContent = "";
  tell(why);
}

translate(document);
if (state.session !== null) begin();
