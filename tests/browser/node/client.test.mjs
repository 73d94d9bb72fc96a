// The client and the element in a page, against a node at LGDL_URL, one at LGDL_LIMITED_URL that lets two turns of a
// conversation pass, and one at LGDL_CUT_OFF_URL whose origin is away.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { answered, context, explanation, open, say, shown, startOver, type, url } from "../page.mjs";

const servers = [];
after(() => servers.forEach((server) => (server.closeAllConnections(), server.close())));

/** A site of someone else with the chat element in a page, as the client's README says; other requests are `answer`'s. */
async function site(attributes, answer = (_, response) => response.writeHead(404).end()) {
  const page = `<!doctype html><html lang="en"><title>A site</title><link rel="icon" href="data:,">
    <script type="module" src="${url}/lgdl-chat.js"></script><lgdl-chat ${attributes}></lgdl-chat></html>`;
  const server = createServer((request, response) => {
    if (request.url === "/") response.writeHead(200, { "content-type": "text/html" }).end(page);
    else answer(request, response);
  });
  servers.push(server);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${server.address().port}/`;
}

async function visit(address, prepare) {
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  if (prepare) await page.addInitScript(prepare);
  await page.goto(address);
  return { page, faults };
}

/** A browser that speaks: headless ones have no voice. Runs in the page. */
function voice() {
  globalThis.spoken = [];
  globalThis.SpeechSynthesisUtterance = class {
    constructor(text) {
      this.text = text;
    }
  };
  const speechSynthesis = {
    speak: (utterance) => globalThis.spoken.push(`${utterance.lang}: ${utterance.text}`),
    cancel: () => globalThis.spoken.push("hush"),
  };
  Object.defineProperty(globalThis, "speechSynthesis", { value: speechSynthesis });
}

const spoken = (page) => page.evaluate(() => globalThis.spoken);

test("the element in a page of another site talks to the node", async () => {
  const { page, faults } = await visit(await site(`base-url="${url}" game="clinic_triage" heading="Clinic"`));
  await say(page, "I have pain in my back");
  await page.reload();
  await page.getByText("I have pain in my back").waitFor();
  await say(page, "6");
  assert.equal(await page.locator("lgdl-chat li.person").count(), 2);
  assert.deepEqual(faults, []);
});

test("an answer is read aloud sentence by sentence, and hushed when the person goes on", async () => {
  const { page, faults } = await open("clinic_triage", { prepare: voice });
  await say(page, "hello");
  assert.deepEqual(await spoken(page), [], "nobody asked for it");
  const toggle = page.getByRole("button", { name: "Read aloud" });
  await toggle.click();
  assert.equal(await toggle.getAttribute("aria-pressed"), "true");
  const answer = await say(page, "I can't breathe");
  const [hushed, ...sentences] = await spoken(page);
  assert.equal(hushed, "hush");
  assert.ok(sentences.length > 1, sentences.join("|"));
  assert.ok(sentences.every((sentence) => sentence.startsWith("en: ")));
  assert.equal(sentences.map((sentence) => sentence.slice(4)).join(" "), answer.replaceAll(/\s+/g, " "));
  await toggle.click();
  const before = await spoken(page);
  await say(page, "hello");
  assert.equal((await spoken(page)).length, before.length, "no more than was said while it was on");
  assert.deepEqual(faults, []);
});

test("a sentence is shown and spoken while the next is still on its way", async () => {
  let goOn;
  const released = new Promise((resolve) => (goOn = resolve));
  const event = (name, data) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  const address = await site('game="g"', async (request, response) => {
    for await (const _ of request);
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(event("sentence", { index: 0, text: "One." }));
    await released;
    response.write(event("sentence", { index: 1, text: "Two." }));
    response.end(event("turn", { move_id: "m", response: "One. Two.", turn: 1, durable: true }));
  });
  const { page } = await visit(address, voice);
  await page.getByRole("button", { name: "Read aloud" }).click();
  await page.getByLabel("Your message").fill("hello");
  await page.getByLabel("Your message").press("Enter");
  await page.getByText("One.", { exact: true }).waitFor();
  assert.deepEqual(await spoken(page), ["hush", "en: One."]);
  goOn();
  await page.getByText("One. Two.", { exact: true }).waitFor();
  assert.equal(await answered(page, 0), "One. Two.");
  assert.deepEqual(await spoken(page), ["hush", "en: One.", "en: Two."]);
});

test("what the browser hears is said", async () => {
  const hearing = () => {
    globalThis.SpeechRecognition = class extends EventTarget {
      start() {
        const heard = (transcript, isFinal) =>
          Object.assign(new Event("result"), { results: [Object.assign([{ transcript }], { isFinal })] });
        setTimeout(() => {
          this.dispatchEvent(heard("I have pain", false));
          this.dispatchEvent(heard("I have pain in my knee", true));
          this.dispatchEvent(new Event("end"));
        });
      }
      abort() {}
    };
  };
  const { page, faults } = await open("clinic_triage", { prepare: hearing });
  await page.getByRole("button", { name: "Speak" }).click();
  await answered(page, 0);
  assert.equal(await page.locator("lgdl-chat li.person .text").last().innerText(), "I have pain in my knee");
  assert.match(await explanation(page), /location knee/);
  assert.deepEqual(faults, []);
});

test("a turn whose answer was lost is no second turn when the page is loaded again", async () => {
  const { page } = await open("clinic_triage");
  // The node takes the turn; its answer goes astray.
  const lost = new Promise((resolve) => {
    void page.route("**/move", async (route) => {
      const taken = await route.fetch();
      await route.abort();
      resolve(taken.status());
    });
  });
  await page.getByLabel("Your message").fill("I have pain in my back");
  await page.getByLabel("Your message").press("Enter");
  assert.equal(await lost, 200);
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await page.reload();
  await answered(page, 0);
  assert.match(await explanation(page), /Turn\s+1\n/);
  assert.equal(await page.locator("lgdl-chat li.person").count(), 1);
  await say(page, "6");
  assert.match(await explanation(page), /Turn\s+2\n/);
});

test("who sends too much is told how long to wait", async () => {
  const { page } = await open("clinic_triage", { node: process.env.LGDL_LIMITED_URL });
  await say(page, "hello");
  await say(page, "hello");
  await page.getByLabel("Your message").fill("hello");
  await page.getByLabel("Your message").press("Enter");
  await page.locator("lgdl-chat .note").getByText(/Too many messages at once. This one will be sent in (29|30) minutes/).waitFor();
  assert.doesNotMatch(await shown(page), /connection|offline/i);
  assert.equal(await page.locator("lgdl-chat li.game").count(), 2);
});

test("while the origin is away the game answers and the page says that it is limited", async () => {
  const { page, faults } = await open("clinic_triage", { node: process.env.LGDL_CUT_OFF_URL });
  assert.notEqual(await say(page, "I have pain"), "");
  assert.match(await shown(page), /Limited mode/);
  assert.match(await explanation(page), /Degraded\s+stateless/);
  assert.match(await explanation(page), /not yet durable/);
  assert.deepEqual(faults, []);
});
