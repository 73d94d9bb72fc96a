// The lines of the client's README in a page of a site, before a production node (LGDL_PRODUCTION_URL) that lets in this site
// (LGDL_SITE_PORT) and this key (LGDL_SITE_KEY); and what a developer reads where one of the three is missing.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { context, say, shown, type } from "../page.mjs";

const { LGDL_PRODUCTION_URL: node, LGDL_SITE_PORT: port, LGDL_SITE_KEY: key } = process.env;
const readme = await readFile(new URL("../../../edge/client/README.md", import.meta.url), "utf8");
const lines = readme.match(/```html\n([\s\S]*?)```/)[1].replaceAll("https://chat.example", node).replace("lgdl_…", key);

const servers = [];
after(() => servers.forEach((server) => (server.closeAllConnections(), server.close())));

async function visit(html, at = 0) {
  const server = createServer((_, response) =>
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(`<!doctype html><html lang="en"><title>A site</title><link rel="icon" href="data:,">${html}</html>`));
  servers.push(server);
  await new Promise((resolve) => server.listen(at, "127.0.0.1", resolve));
  const page = await context.newPage();
  const told = [];
  page.on("console", (message) => message.type() === "error" && told.push(message.text()));
  page.on("pageerror", (error) => told.push(`fault: ${error}`));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.getByRole("button", { name: "Open the chat" }).click();
  return { page, told, stop: () => (server.closeAllConnections(), new Promise((resolve) => server.close(resolve))) };
}

const explained = async (page, told, what) => {
  for (let waited = 0; !told.some((text) => what.test(text)) && waited < 10_000; waited += 100) await page.waitForTimeout(100);
  assert.ok(told.some((text) => text.startsWith("lgdl-chat:") && what.test(text)), told.join("\n"));
  assert.doesNotMatch(await shown(page), /E\d\d\d|LGDL|Authorization|CORS/);
};

test("the README's lines work as they stand", async () => {
  const { page, told, stop } = await visit(lines, Number(port));
  assert.match(await shown(page), /Hello! How can I help\?/);
  assert.notEqual(await say(page, "I have pain in my knee"), "");
  assert.deepEqual(told, []);
  await stop();
});

test("without the key the developer reads how to give one", async () => {
  const { page, told, stop } = await visit(lines.replace(/api-key="[^"]*"/, ""), Number(port));
  await type(page, "hello");
  await page.locator("lgdl-chat .note").getByText("Not sent. The chat is not available right now.").waitFor();
  await explained(page, told, /E310.*api-key/);
  await stop();
});

test("with another game the developer reads where the games are listed", async () => {
  const { page, told, stop } = await visit(lines.replace('game="clinic_triage"', 'game="no_such_game"'), Number(port));
  await type(page, "hello");
  await explained(page, told, /E227.*\/games/);
  await stop();
});

test("from a site that the node does not know the developer reads which setting lists it", async () => {
  const { page, told } = await visit(lines);
  await type(page, "hello");
  await explained(page, told, /E312.*LGDL_CORS_ORIGINS must list http:\/\/127\.0\.0\.1:\d+/);
});
