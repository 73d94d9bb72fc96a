// What the desk's page says of its agent's typing, before an origin that keeps what it is told.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { context } from "../page.mjs";

const assets = new URL("../../../origin/assets/desk/", import.meta.url);
const MEDIA = { html: "text/html; charset=utf-8", js: "text/javascript", css: "text/css" };
const handover = {
  conversation: "conv_1", game: "ward", queue: "nurse", stage: "with", urgent: false, since_ms: 0, waiting_since_ms: 0, gives_up_at_ms: 0,
  accepted_at_ms: 0, requeued: 0, outcome: null, person_types: false, turn: 1,
};
let server;
after(() => (server.closeAllConnections(), server.close()));

/** The page of an agent who has one conversation, and what it says with each heartbeat. */
async function desk() {
  const beats = [];
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { pathname, searchParams } = new URL(request.url, "http://x");
    const json = (value) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
    if (pathname === "/admin/v1/login") return json({ access_token: "a", refresh_token: "r" });
    if (pathname === "/admin/v1/desk/presence") {
      beats.push(JSON.parse(body));
      return json({ agent: { name: "Anna", queues: ["nurse"] }, waiting: [], mine: [handover], ended: [] });
    }
    if (pathname.startsWith("/admin/v1/desk/conversations/")) {
      await new Promise((done) => setTimeout(done, Number(searchParams.get("wait_ms"))));
      return json({ handover, turn: 1, moves: [], slots: [], messages: [] });
    }
    const file = pathname === "/desk" ? "index.html" : pathname.slice("/desk/".length);
    const text = await readFile(new URL(file, assets)).catch(() => null);
    if (text === null) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": MEDIA[file.split(".").at(-1)] }).end(text);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/desk`);
  await page.getByLabel("Name", { exact: true }).fill("anna");
  await page.getByLabel("Password").fill("secret");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.locator("#mine button").click();
  return { page, beats };
}

test("a page of the desk says that its agent types, says once that they have stopped, and else leaves it to another page", async () => {
  const { page, beats } = await desk();
  const said = async (wanted) => {
    const from = beats.length;
    for (let waited = 0; !beats.slice(from).some((beat) => JSON.stringify(beat) === JSON.stringify(wanted)); waited += 100) {
      assert.ok(waited < 10_000, JSON.stringify(beats));
      await page.waitForTimeout(100);
    }
  };
  await said({});
  await page.getByLabel("Your message").pressSequentially("So", { delay: 100 });
  await said({ typing: "conv_1" });
  await page.getByLabel("Your message").fill("");
  await said({ typing: null });
  await said({});
  assert.equal(beats.filter(({ typing }) => typing === null).length, 1, JSON.stringify(beats));
});
