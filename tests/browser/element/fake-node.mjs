// A node that speaks the edge's contract and answers what a test says: for what a real one does rarely (it is busy, it cuts off,
// it attaches a picture). It keeps each answer by its idempotency key, as a node does, and lets any page call it.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const assets = new URL("../../../edge/assets/chat/", import.meta.url);

const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "content-type, authorization, idempotency-key, accept",
  "access-control-expose-headers": "retry-after",
};

/** A turn's answer as a node gives it. */
export const answer = (response, more = {}) => ({
  status: 200,
  body: {
    move_id: "m", confidence: 1, response, action: null, manifest_id: "turn_1", latency_ms: 1, firewall_triggered: false,
    stage: "done", durable: true, turn: 1, game_version: "v", ...more,
  },
});

/** A refusal; its detail is what no person may ever read. */
export const problem = (status, code, headers = {}) => ({
  status,
  headers,
  body: { type: `/problems/${code}`, title: "DEVELOPERS ONLY", status, detail: "DEVELOPERS ONLY: `Authorization`", code, request_id: "r" },
});

/**
 * Starts one. `reply(turn, count)` gives the answer, `"cut"` to break the connection, or a promise of one of them; `page` is
 * what stands around the element (`attributes` go into its tag).
 */
export async function fakeNode({ reply = (turn) => answer(`You said: ${turn.input}`), attributes = 'game="g"', lang = "en", head = "", body, cors = true } = {}) {
  const turns = [];
  /** What those who asked for news said of typing. */
  const typed = [];
  const kept = new Map();
  // What others said, and the hand-over that is open.
  const state = { reply, attributes, lang, head, body, news: [], now: null };
  const server = createServer(async (request, response) => {
    const send = (status, type, content, headers = {}) =>
      response.writeHead(status, { "content-type": type, ...(cors ? CORS : {}), ...headers }).end(content);
    const path = new URL(request.url, "http://x").pathname;
    if (request.method === "OPTIONS") return send(204, "text/plain", "");
    if (path.endsWith(".js")) {
      const file = await readFile(new URL(path.slice(1), assets));
      return response.writeHead(200, { "content-type": "text/javascript", "access-control-allow-origin": "*" }).end(file);
    }
    if (path === "/health/live") return send(200, "application/json", '{"status":"alive"}');
    if (request.method === "POST" && path.endsWith("/move")) {
      let text = "";
      for await (const chunk of request) text += chunk;
      const turn = { ...JSON.parse(text), key: request.headers["idempotency-key"], authorization: request.headers.authorization };
      turns.push(turn);
      const given = kept.get(turn.key) ?? (await state.reply(turn, turns.length));
      if (given === "cut") return request.socket.destroy();
      if (given.status === 200) kept.set(turn.key, given);
      const type = given.status === 200 ? "application/json" : "application/problem+json";
      return send(given.status, type, JSON.stringify(given.body), given.headers);
    }
    if (path.endsWith("/messages")) {
      const asked = new URL(request.url, "http://x").searchParams;
      const after = Number(asked.get("after"));
      typed.push(asked.get("typing"));
      const news = state.news.filter((message) => message.turn > after);
      return send(200, "application/json", JSON.stringify({ messages: news, turn: news.at(-1)?.turn ?? after, ...(state.now === null ? {} : { handover: state.now }) }));
    }
    if (path === "/") {
      const style = "<style>html,body{margin:0;height:100%}</style>";
      const element = `<lgdl-chat ${state.attributes}></lgdl-chat>`;
      const html = `<!doctype html><html lang="${state.lang}"><title>A site</title><meta name="viewport" content="width=device-width, initial-scale=1">
        <link rel="icon" href="data:,">${style}${state.head}<script type="module" src="/lgdl-chat.js"></script><main>${(state.body ?? ((e) => e))(element)}</main></html>`;
      return response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(html);
    }
    send(404, "application/problem+json", JSON.stringify(problem(404, "E226").body));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => (server.closeAllConnections(), new Promise((resolve) => server.close(resolve)));
  return { url: `http://127.0.0.1:${server.address().port}`, turns, typed, state, stop };
}
