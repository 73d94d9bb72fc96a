// The client against a scripted node on loopback: what is sent again, what is not, and under which key.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { Conversation, LgdlError, MAX_ATTEMPTS, MAX_BACKOFF_MS } from "../dist/client.js";
import { memory, tabs } from "./storage.mjs";

const servers = [];
after(() => servers.forEach((server) => server.close()));

/** A node that gives one scripted answer a request and keeps what it was asked. */
async function node(...script) {
  const requests = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    requests.push({ method: request.method, url: request.url, headers: request.headers, body: body && JSON.parse(body) });
    const step = script.shift() ?? ok("out of script");
    if (step === "cut") return request.socket.destroy();
    response.writeHead(step.status, step.headers).end(step.body);
  });
  servers.push(server);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { baseUrl: `http://127.0.0.1:${server.address().port}`, requests };
}

const json = (status, value, headers = {}) => ({
  status,
  headers: { "content-type": status < 400 ? "application/json" : "application/problem+json", ...headers },
  body: JSON.stringify(value),
});
const ok = (response) => json(200, { move_id: "m", response, turn: 1, durable: true });
const problem = (status, detail, headers) => json(status, { status, detail, code: "E200", request_id: "r" }, headers);

test("a cut connection is tried again under the same idempotency key", async () => {
  const { baseUrl, requests } = await node("cut", problem(503, "busy", { "retry-after": "0" }), ok("hello"));
  const conversation = new Conversation({ baseUrl, game: "g", storage: memory() });
  assert.equal((await conversation.send("hi")).response, "hello");
  assert.equal(requests.length, 3);
  assert.equal(new Set(requests.map((r) => r.headers["idempotency-key"])).size, 1);
  assert.equal(requests[0].body.input, "hi");
  assert.equal(requests[0].body.conversation_id, conversation.id);
});

test("two turns have two keys and are sent one after the other", async () => {
  const { baseUrl, requests } = await node(ok("one"), ok("two"));
  const conversation = new Conversation({ baseUrl, game: "g", storage: null });
  const answers = await Promise.all([conversation.send("1"), conversation.send("2")]);
  assert.deepEqual(answers.map((a) => a.response), ["one", "two"]);
  assert.deepEqual(requests.map((r) => r.body.input), ["1", "2"]);
  assert.notEqual(requests[0].headers["idempotency-key"], requests[1].headers["idempotency-key"]);
});

test("a refusal is reported at once, with what the node said", async () => {
  const { baseUrl, requests } = await node(problem(422, "the input is too long"));
  const storage = memory();
  const conversation = new Conversation({ baseUrl, game: "g", storage });
  await assert.rejects(conversation.send("x"), (error) => {
    assert.ok(error instanceof LgdlError);
    assert.equal(error.message, "the input is too long");
    assert.equal(error.problem.code, "E200");
    return true;
  });
  assert.equal(requests.length, 1);
  assert.deepEqual(conversation.unanswered, []);
});

test("429 is waited for as long as the node asks, and a long wait is reported instead", async () => {
  const { baseUrl, requests } = await node(problem(429, "slow down", { "retry-after": "0" }), ok("hello"), problem(429, "slow down", { "retry-after": "3600" }));
  const conversation = new Conversation({ baseUrl, game: "g", storage: null });
  const waits = [];
  assert.equal((await conversation.send("x", { onRetry: (_, ms) => waits.push(ms) })).response, "hello");
  assert.deepEqual(waits, [0]);
  await assert.rejects(conversation.send("y"), (error) => error.retryAfterMs === 3_600_000);
  assert.equal(requests.length, 3);
});

test("tries end after MAX_ATTEMPTS, and unanswered turns are sent after a reload in their order, as they were, under their keys", async () => {
  const script = Array.from({ length: 2 * MAX_ATTEMPTS }, () => problem(503, "down", { "retry-after": "0" }));
  const { baseUrl, requests } = await node(...script, ok("late"), ok("later"));
  const storage = memory();
  const before = new Conversation({ baseUrl, game: "g", storage, context: { page: "one" } });
  const failed = await Promise.allSettled([before.send("my chest"), before.send("it hurts")]);
  assert.deepEqual(failed.map(({ status, reason }) => [status, reason.failure, reason.status]), Array(2).fill(["rejected", "refused", 503]));
  const reloaded = new Conversation({ baseUrl, game: "g", storage, context: { page: "another" } });
  assert.deepEqual([reloaded.id, reloaded.userId], [before.id, before.userId]);
  assert.deepEqual(reloaded.unanswered.map((turn) => turn.input), ["my chest", "it hurts"]);
  const answers = await Promise.all(reloaded.unanswered.map((turn) => reloaded.deliver(turn)));
  assert.deepEqual(answers.map((answer) => answer.response), ["late", "later"]);
  assert.deepEqual(reloaded.unanswered, []);
  const sent = (input) => requests.filter((r) => r.body.input === input).map((r) => [r.headers["idempotency-key"], r.body]);
  for (const input of ["my chest", "it hurts"]) {
    const [first, ...others] = sent(input);
    assert.equal(others.length, MAX_ATTEMPTS);
    for (const other of others) assert.deepEqual(other, first, "another request under the same key would be refused");
  }
});

test("an endless patience goes on until there is an answer, with growing waits that `retryNow` ends", async () => {
  const tries = MAX_ATTEMPTS + 3;
  const { baseUrl, requests } = await node(...Array.from({ length: tries }, () => "cut"), ok("at last"));
  const conversation = new Conversation({ baseUrl, game: "g", storage: memory() });
  const waits = [];
  const onRetry = (_, wait, error) => {
    waits.push(wait);
    assert.equal(error.failure, "unreachable");
    setTimeout(() => conversation.retryNow(), 5);
  };
  assert.equal((await conversation.send("x", { patience: "endless", onRetry })).response, "at last");
  assert.equal(requests.length, tries + 1);
  for (let index = 2; index < waits.length; index += 1) assert.ok(waits[index] >= Math.min(waits[index - 2], MAX_BACKOFF_MS / 2), waits.join(" "));
  assert.ok(waits.at(-1) >= MAX_BACKOFF_MS / 2 && Math.max(...waits) <= MAX_BACKOFF_MS);
});

test("a wait that the node asks for is not cut short", async () => {
  const { baseUrl, requests } = await node(problem(429, "slow down", { "retry-after": "1" }), ok("fine"));
  const conversation = new Conversation({ baseUrl, game: "g", storage: null });
  const from = Date.now();
  await conversation.send("x", { onRetry: () => setTimeout(() => conversation.retryNow(), 5) });
  assert.ok(Date.now() - from >= 950 && requests.length === 2);
});

test("what is under way ends when the conversation begins anew, and reaches no other conversation", async () => {
  const { baseUrl, requests } = await node("cut", ok("anew"));
  const conversation = new Conversation({ baseUrl, game: "g", storage: memory() });
  const old = [conversation.send("1", { onRetry: () => conversation.reset() }), conversation.send("2")];
  for (const { status, reason } of await Promise.allSettled(old)) assert.deepEqual([status, reason.name], ["rejected", "AbortError"]);
  assert.equal((await conversation.send("3")).response, "anew");
  assert.deepEqual(requests.map((r) => r.body.input), ["1", "3"]);
  assert.notEqual(requests[0].body.conversation_id, requests[1].body.conversation_id);
});

test("what was under way ends although its answer arrives with the sentence that begins anew", async () => {
  const body = 'event: sentence\ndata: {"text":"One."}\n\nevent: turn\ndata: {"response":"One.","turn":1}\n\n';
  const { baseUrl } = await node({ status: 200, headers: { "content-type": "text/event-stream" }, body });
  const conversation = new Conversation({ baseUrl, game: "g", storage: memory() });
  await assert.rejects(conversation.send("x", { onSentence: () => conversation.reset() }), { name: "AbortError" });
  assert.deepEqual(conversation.unanswered, []);
});

test("what one tab begins anew takes nothing over of what another one still waits for, whatever each sees of the storage", () => {
  const storage = tabs();
  const [one, two] = [storage.tab(), storage.tab()];
  const of = (tab) => new Conversation({ game: "g", storage: tab });
  const first = of(one);
  two.sync();
  const second = of(two);
  assert.equal(first.id, second.id);
  second.queue("a Plumbago secret");
  first.reset();
  second.queue("another Plumbago secret"); // has not heard of it
  assert.deepEqual(of(one).unanswered, [], "nor has the new conversation of these");
  one.sync();
  assert.deepEqual([first.unanswered, of(one).unanswered], [[], []]);
  two.sync();
  for (const late of [() => second.restore(), () => second.queue("one more Plumbago"), () => second.drop("turn_x")]) late();
  assert.equal(second.isKept, false);
  assert.equal(first.isKept, true);
  assert.doesNotMatch(JSON.stringify([...storage.real()]), /Plumbago/);
  assert.equal(second.unanswered.length, 3, "the tab itself goes on");
});

test("what was erased is not written back by a tab that restores what it waits for", async () => {
  const { baseUrl } = await node({ status: 204, headers: {} });
  const storage = tabs();
  const [one, two] = [storage.tab(), storage.tab()];
  const first = new Conversation({ baseUrl, game: "g", storage: one });
  two.sync();
  const second = new Conversation({ baseUrl, game: "g", storage: two });
  second.queue("a Plumbago secret");
  one.sync();
  await first.erase();
  two.sync();
  second.restore();
  assert.doesNotMatch(JSON.stringify([...storage.real()]), /Plumbago/);
});

test("a storage that is full or forbidden costs no turn", async () => {
  const { baseUrl } = await node(ok("fine"));
  const full = { getItem: () => null, setItem: () => { throw new Error("full"); }, removeItem: () => undefined };
  const conversation = new Conversation({ baseUrl, game: "g", storage: full });
  const turn = conversation.queue("x");
  assert.deepEqual(conversation.unanswered, [turn]);
  assert.equal((await conversation.deliver(turn)).response, "fine");
  assert.deepEqual(conversation.unanswered, []);
});

test("persons who share a device share no conversation", () => {
  const storage = memory();
  const of = (userId) => new Conversation({ game: "g", storage, userId });
  assert.notEqual(of("ann").id, of("ben").id);
  assert.equal(of("ann").id, of("ann").id);
});

test("a token is renewed once for a turn, and a second refusal is reported", async () => {
  const { baseUrl, requests } = await node(problem(401, "ended"), ok("fine"), problem(401, "no"), problem(401, "no"));
  const asked = [];
  const token = async (renew) => (asked.push(renew), `t${asked.length}`);
  const conversation = new Conversation({ baseUrl, game: "g", storage: null, token });
  assert.equal((await conversation.send("1")).response, "fine");
  await assert.rejects(conversation.send("2"), { status: 401 });
  assert.deepEqual(asked, [false, true, true]);
  assert.deepEqual(requests.map((r) => r.headers.authorization), ["Bearer t1", "Bearer t2", "Bearer t2", "Bearer t3"]);
});

test("a page that gives no token for a while is asked again, and what it failed of is no failure of the node", async () => {
  const { baseUrl, requests } = await node(ok("fine"));
  let asked = 0;
  const token = async () => {
    if ((asked += 1) === 1) throw new Error("the site is away");
    return "t";
  };
  const conversation = new Conversation({ baseUrl, game: "g", storage: null, token });
  const failures = [];
  const onRetry = (_, __, error) => (failures.push([error.failure, error.message]), setTimeout(() => conversation.retryNow()));
  assert.equal((await conversation.send("x", { onRetry })).response, "fine");
  assert.deepEqual(failures, [["token", "The page gives no token: Error: the site is away"]]);
  assert.equal(requests.length, 1);
});

test("a page of someone else at the address is told from a node that is away", async () => {
  const html = { status: 200, headers: { "content-type": "text/html" }, body: "<!doctype html><title>A site</title>" };
  const { baseUrl } = await node(...Array(MAX_ATTEMPTS).fill(html));
  const conversation = new Conversation({ baseUrl, game: "g", storage: null });
  await assert.rejects(conversation.send("x", { onRetry: () => setTimeout(() => conversation.retryNow()) }), { failure: "cut" });
});

test("whatever is asked of a node that is away fails as a turn does", async () => {
  const { baseUrl } = await node("cut", "cut", "cut");
  const conversation = new Conversation({ baseUrl, game: "g", storage: null });
  for (const asked of [() => conversation.messages(0), () => conversation.export(), () => conversation.erase()]) {
    await assert.rejects(asked(), (error) => error instanceof LgdlError && error.failure === "unreachable");
  }
});

test("a streamed answer gives its sentences as they come and then the turn", async () => {
  const body =
    'event: sentence\r\ndata: {"text":"One."}\r\n\r\nevent: sentence\ndata: {"text":"Zwei – ok."}\n\n' +
    'event: turn\ndata: {"response":"One. Zwei – ok.","turn":1}\n\n';
  const { baseUrl, requests } = await node({ status: 200, headers: { "content-type": "text/event-stream" }, body });
  const sentences = [];
  const answer = await new Conversation({ baseUrl, game: "g", storage: null }).send("x", { onSentence: (s) => sentences.push(s) });
  assert.deepEqual(sentences, ["One.", "Zwei – ok."]);
  assert.equal(answer.response, "One. Zwei – ok.");
  assert.match(requests[0].headers.accept, /text\/event-stream/);
});

test("a stream that is cut off is asked for again and repeats no sentence", async () => {
  const stream = (body) => ({ status: 200, headers: { "content-type": "text/event-stream" }, body });
  const first = 'event: sentence\ndata: {"text":"One."}\n\n';
  const { baseUrl, requests } = await node(stream(first), stream(`${first}event: turn\ndata: {"response":"One.","turn":1}\n\n`));
  const sentences = [];
  await new Conversation({ baseUrl, game: "g", storage: null }).send("x", { onSentence: (s) => sentences.push(s) });
  assert.deepEqual(sentences, ["One."]);
  assert.equal(requests.length, 2);
});

test("an abort ends the turn without another try", async () => {
  const { baseUrl } = await node(problem(503, "busy", { "retry-after": "20" }));
  const abort = new AbortController();
  const turn = new Conversation({ baseUrl, game: "g", storage: null }).send("x", { signal: abort.signal, onRetry: () => abort.abort() });
  await assert.rejects(turn, { name: "AbortError" });
});

test("erasing asks the node and begins a new conversation", async () => {
  const { baseUrl, requests } = await node({ status: 204, headers: {} });
  const conversation = new Conversation({ baseUrl, game: "g", storage: memory(), apiKey: "lgdl_x" });
  const id = conversation.id;
  await conversation.erase();
  assert.equal(requests[0].method, "DELETE");
  assert.ok(requests[0].url.startsWith(`/conversations/${id}?`));
  assert.equal(requests[0].headers.authorization, "Bearer lgdl_x");
  assert.notEqual(conversation.id, id);
});
