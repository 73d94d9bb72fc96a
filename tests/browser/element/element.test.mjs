// The element in a page of a site, in front of a node that answers what each test says: what becomes of messages that can't be
// sent, what a person reads, how it looks and is operated at the widths of phones and desks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, problem } from "./fake-node.mjs";
import { games, note, persons, site, visit } from "./site.mjs";
import { answered, context, say, shown, startOver, type } from "../page.mjs";

const box = (page, selector) => page.locator(`lgdl-chat ${selector}`).boundingBox();

test("messages that can't be sent are marked, outlive a reload, and are sent in order, each under its own key", async () => {
  let away = true;
  const node = await site({ reply: (turn) => (away ? "cut" : answer(`You said: ${turn.input}`)) });
  const { page } = await visit(node);
  for (const text of ["one", "two", "three"]) await type(page, text);
  await note(page).getByText(/Not sent yet\. Next try in/).waitFor();
  assert.equal(await note(page).count(), 3, "none of them looks sent");
  const before = node.turns.length;
  await page.reload();
  await note(page).getByText(/Not sent yet\. Next try in/).waitFor();
  assert.deepEqual(await persons(page).allInnerTexts(), ["one", "two", "three"]);
  await note(page).getByText(/Next try in [4-8] seconds/).waitFor(); // long enough to be pressed before
  away = false;
  await page.getByRole("button", { name: "Send now" }).click();
  await answered(page, 2);
  assert.deepEqual(await games(page).allInnerTexts(), ["You said: one", "You said: two", "You said: three"]);
  assert.equal(await note(page).count(), 0);
  const keys = (input) => new Set(node.turns.filter((turn) => turn.input === input).map((turn) => turn.key));
  assert.ok(before > 0 && ["one", "two", "three"].every((input) => keys(input).size === 1));
  assert.equal(new Set(node.turns.map((turn) => turn.key)).size, 3);
  const order = await page.locator("lgdl-chat li.person, lgdl-chat li.game").allInnerTexts();
  assert.deepEqual(order.map((text) => text.replace(/^\S+:\s+/, "")), ["one", "You said: one", "two", "You said: two", "three", "You said: three"]);
});

test("waits between tries grow", async () => {
  const at = [];
  const node = await site({ reply: () => (at.push(Date.now()), at.length < 5 ? "cut" : answer("there")) });
  const { page } = await visit(node);
  await type(page, "hello");
  await answered(page, 0);
  const waits = at.slice(1).map((time, index) => time - at[index]);
  assert.equal(waits.length, 4);
  assert.ok(waits[3] > 2 * waits[0] && waits[3] < 10_000, waits.join(", "));
  assert.equal(new Set(node.turns.map((turn) => turn.key)).size, 1);
});

test("who is offline is told so, and the message goes as soon as the network is back", async () => {
  const node = await site();
  const { page } = await visit(node);
  await say(page, "hello");
  await context.setOffline(true);
  try {
    await type(page, "are you there?");
    await note(page).getByText("You are offline. This will be sent once you are back.").waitFor();
    await page.waitForTimeout(2500); // the waits have grown
  } finally {
    await context.setOffline(false);
  }
  assert.equal(await answered(page, 1), "You said: are you there?");
  assert.equal(await note(page).count(), 0);
});

test("during a 429 the person reads how long to wait, counted down, and the message then goes by itself", async () => {
  const node = await site({ reply: (turn, count) => (count === 1 ? problem(429, "E320", { "retry-after": "3" }) : answer("fine")) });
  const { page } = await visit(node);
  await type(page, "hello");
  await note(page).getByText("Too many messages at once. This one will be sent in 3 seconds.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Send now" }).count(), 0, "the node asked for the wait");
  assert.doesNotMatch(await shown(page), /connection|slow|offline|DEVELOPERS/i);
  await note(page).getByText("sent in 1 second.").waitFor();
  assert.equal(await answered(page, 0), "fine");
  assert.equal(node.turns.length, 2);
  assert.equal(node.turns[0].key, node.turns[1].key);
});

test("no code brings a developer's words before a person, in no language", async () => {
  const refusals = [
    [400, "E220"], [422, "E221"], [422, "E222"], [422, "E223"], [400, "E224"], [404, "E226"], [404, "E227"], [404, "E228"],
    [413, "E230"], [422, "E232"], [410, "E233"], [503, "E235"], [500, "E237"], [401, "E310"], [403, "E311"], [403, "E312"],
    [429, "E321"], [403, "E901"], [418, "E999"], [501, "E998"],
  ];
  for (const lang of ["en", "es", "de", "eo"]) {
    const node = await site({ lang, reply: (turn) => problem(...refusals[Number(turn.input)]) });
    const { page } = await visit(node);
    for (let index = 0; index < refusals.length; index += 1) {
      await page.evaluate((text) => void document.querySelector("lgdl-chat").say(text), String(index));
      await note(page).nth(0).waitFor();
      await page.waitForFunction(() => document.querySelector("lgdl-chat").shadowRoot.querySelector(".note .words")?.textContent.length > 8);
      const words = await page.evaluate(() => document.querySelector("lgdl-chat").shadowRoot.querySelector("section").textContent);
      assert.doesNotMatch(words, /DEVELOPERS|Authorization|E\d\d\d|undefined|\{\w+\}/, `${lang} ${refusals[index]}`);
      await page.evaluate(() => document.querySelector("lgdl-chat").reset());
    }
    await page.close();
  }
});

test("a refused message is marked, can be sent again or removed, and the next one is not held up", async () => {
  let refuse = true;
  const node = await site({ reply: (turn) => (refuse && turn.input === "hello" ? problem(403, "E901") : answer(`You said: ${turn.input}`)) });
  const { page } = await visit(node);
  await type(page, "hello");
  await note(page).getByText("Not sent. This chat needs your consent first.").waitFor();
  assert.equal(await say(page, "more"), "You said: more");
  await page.reload();
  await note(page).getByText("Not sent. This chat needs your consent first.").waitFor();
  assert.equal(node.turns.length, 2, "a refusal is not tried again by itself");
  refuse = false;
  await page.getByRole("button", { name: "Send again" }).click();
  await answered(page, 1);
  assert.equal(await note(page).count(), 0);
  refuse = true;
  await type(page, "hello");
  await page.getByRole("button", { name: "Remove" }).click();
  assert.deepEqual(await persons(page).allInnerTexts(), ["more", "hello"]);
});

test("messages that are written while an answer is on its way wait for it without alarm", async () => {
  const node = await site({ reply: async (turn) => (await new Promise((resolve) => setTimeout(resolve, 400)), answer(`You said: ${turn.input}`)) });
  const { page } = await visit(node);
  await page.evaluate(() => {
    const root = document.querySelector("lgdl-chat").shadowRoot;
    globalThis.alarms = 0;
    new MutationObserver(() => (globalThis.alarms += root.querySelectorAll(".note").length)).observe(root, { childList: true, subtree: true });
  });
  for (const text of ["one", "two", "three"]) await type(page, text);
  await answered(page, 2);
  assert.deepEqual(await games(page).allInnerTexts(), ["You said: one", "You said: two", "You said: three"]);
  assert.equal(await page.evaluate(() => globalThis.alarms), 0);
});

test("a choice with a value keeps it when it is sent again", async () => {
  const choices = [{ label: "With basil", value: "basil_extra" }];
  const node = await site({ reply: (_, count) => (count === 2 ? problem(403, "E901") : answer("fine", { choices })) });
  const { page } = await visit(node);
  await say(page, "hello");
  await page.getByRole("button", { name: "With basil" }).click();
  await page.getByRole("button", { name: "Send again" }).click();
  await answered(page, 1);
  assert.deepEqual(node.turns.map((turn) => turn.input), ["hello", "basil_extra", "basil_extra"]);
  assert.equal(await persons(page).last().innerText(), "With basil");
});

test("a conversation that was erased elsewhere goes on as a new one", async () => {
  const node = await site({ reply: (turn, count) => (count === 2 ? problem(410, "E233") : answer("fine")) });
  const { page } = await visit(node);
  await say(page, "hello");
  await type(page, "and now?");
  await note(page).getByText(/The earlier conversation has ended/).waitFor();
  await page.getByRole("button", { name: "Send again" }).click();
  await answered(page, 1);
  assert.notEqual(node.turns[2].conversation_id, node.turns[0].conversation_id);
  await page.reload();
  assert.deepEqual(await persons(page).allInnerTexts(), ["hello", "and now?"]);
});

test("what waits behind a turn of a conversation that is over is not sent either, and says so", async () => {
  let end;
  const ending = new Promise((done) => (end = done));
  const node = await site({ reply: (turn) => (turn.input === "one" ? ending.then(() => problem(410, "E233")) : answer(`You said: ${turn.input}`)) });
  const { page } = await visit(node);
  for (const text of ["one", "two", "three"]) await type(page, text);
  await page.getByLabel("Your message").fill("half a message");
  end();
  await note(page).getByText(/The earlier conversation has ended/).nth(2).waitFor();
  await page.reload();
  await note(page).getByText(/The earlier conversation has ended/).nth(2).waitFor();
  assert.equal(await page.getByLabel("Your message").inputValue(), "half a message");
  await page.locator("lgdl-chat li.person", { hasText: "two" }).getByRole("button", { name: "Send again" }).click();
  await page.getByText("You said: two").waitFor();
  assert.deepEqual(node.turns.map((turn) => turn.input), ["one", "two"]);
});

test("a greeting that is refused leaves no empty message behind", async () => {
  const node = await site({ attributes: 'game="g" greets', reply: (turn) => (turn.event ? problem(403, "E901") : answer("fine")) });
  const { page } = await visit(node);
  await say(page, "hello");
  await page.reload();
  await games(page).getByText("fine").waitFor();
  assert.deepEqual(await persons(page).allInnerTexts(), ["hello"]);
});

test("transcript and choices are there after a reload and in every tab", async () => {
  const node = await site({ reply: (turn) => answer(`You said: ${turn.input}`, { choices: ["Yes", "No"] }) });
  const { page } = await visit(node);
  await say(page, "hello");
  await page.reload();
  await page.getByRole("button", { name: "Yes" }).waitFor();
  const { page: other } = await visit(node);
  await other.getByText("You said: hello").waitFor();
  await other.getByRole("button", { name: "No" }).click();
  await page.getByText("You said: No").waitFor();
  assert.deepEqual(await persons(page).allInnerTexts(), ["hello", "No"]);
  await startOver(other);
  await page.waitForFunction(() => document.querySelector("lgdl-chat").shadowRoot.querySelectorAll("li.person").length === 0);
  await say(page, "anew");
  assert.equal(await persons(other).last().innerText(), "anew");
  const ids = new Set(node.turns.map((turn) => turn.conversation_id));
  assert.equal(ids.size, 2, "both tabs are in the new conversation");
});

test("what is kept can stay in the tab or nowhere, and is each person's own", async () => {
  const node = await site({ attributes: 'game="g" keep="tab"' });
  const { page } = await visit(node);
  await say(page, "hello");
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  const set = (name, value) => page.evaluate(([name, value]) => document.querySelector("lgdl-chat").setAttribute(name, value), [name, value]);
  await set("keep", "nothing");
  assert.equal(await persons(page).count(), 0);
  await say(page, "hello");
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  await set("keep", "device");
  await set("user-id", "ann");
  await say(page, "I am Ann");
  await set("user-id", "ben");
  assert.equal(await persons(page).count(), 0);
  await say(page, "I am Ben");
  await set("user-id", "ann");
  assert.deepEqual(await persons(page).allInnerTexts(), ["I am Ann"]);
  assert.deepEqual(node.turns.slice(2).map((turn) => turn.user_id), ["ann", "ben"]);
});

test("26 choices on a phone leave the composer where it is, and all can be reached", async () => {
  const choices = Array.from({ length: 26 }, (_, index) => `Department ${index + 1}`);
  const node = await site({ head: "<style>lgdl-chat{height:100dvh}</style>", reply: () => answer("Which one?", { choices }) });
  const { page } = await visit(node, { width: 320, height: 480 });
  const before = await box(page, "form");
  await say(page, "hello");
  assert.deepEqual(await box(page, "form"), before);
  const show = page.getByRole("button", { name: "Show all 26" });
  await show.click();
  const last = page.getByRole("button", { name: "Department 26" });
  await last.scrollIntoViewIfNeeded();
  assert.deepEqual(await box(page, "form"), before);
  await last.click();
  await answered(page, 1);
  assert.equal(node.turns[1].input, "Department 26");
});

test("the composer grows with what is typed, and neither it nor an error leaves the element", async () => {
  for (const [width, height] of [[320, 568], [375, 300], [640, 220], [1280, 800]]) {
    const node = await site({ lang: "de", head: "<style>lgdl-chat{height:100dvh}</style>", reply: () => problem(403, "E901") });
    const { page } = await visit(node, { width, height });
    const input = page.locator("lgdl-chat textarea");
    const empty = (await input.boundingBox()).height;
    await input.fill("a\nb\nc");
    const grown = (await input.boundingBox()).height;
    assert.ok(height < 400 || grown > empty + 20, `${grown} > ${empty}`);
    await input.fill("line\n".repeat(80));
    const form = await box(page, "form");
    assert.ok(form.y >= 0 && form.y + form.height <= height + 0.5 && form.height < height * 0.6, JSON.stringify(form));
    await input.fill("word ".repeat(500));
    await input.press("Enter");
    await note(page).waitFor();
    const after = await box(page, "form");
    assert.ok(after.y + after.height <= height + 0.5 && after.x + after.width <= width + 0.5, JSON.stringify(after));
    assert.equal(Math.round((await input.boundingBox()).height), Math.round(empty));
    await page.close();
  }
});

test("the element speaks the page's language, and the page's own words go first", async () => {
  const node = await site({ lang: "de-AT" });
  const { page } = await visit(node);
  await page.getByRole("button", { name: "Senden" }).waitFor();
  await page.evaluate(() => document.querySelector("lgdl-chat").setAttribute("lang", "es"));
  await page.getByRole("button", { name: "Enviar" }).waitFor();
  await page.evaluate(() => document.querySelector("lgdl-chat").setAttribute("texts", '{"send": "¡Vamos!"}'));
  await page.getByRole("button", { name: "¡Vamos!" }).waitFor();
  await page.evaluate(() => (document.querySelector("lgdl-chat").texts = { placeholder: "¿Qué tal?" }));
  await page.getByPlaceholder("¿Qué tal?").waitFor();
  await page.evaluate(() => void document.querySelector("lgdl-chat").say("hola"));
  await answered(page, 0);
  assert.equal(node.turns[0].context.locale, "es");
});

test("a right-to-left page mirrors the chat, and each text runs its own way", async () => {
  const node = await site({ lang: "ar", reply: () => answer("مرحبا") });
  const { page } = await visit(node);
  await page.evaluate(() => (document.documentElement.dir = "rtl"));
  await page.evaluate(() => void document.querySelector("lgdl-chat").say("hello there"));
  await answered(page, 0);
  const [panel, person, game] = [await box(page, "section"), await box(page, "li.person .text"), await box(page, "li.game .text")];
  assert.ok(person.x - panel.x < 40, "a person's line is at the end of the line: on the left");
  assert.ok(panel.x + panel.width - game.x - game.width < 40);
  const ways = await page.evaluate(() => [...document.querySelector("lgdl-chat").shadowRoot.querySelectorAll("li .text")].map((text) => getComputedStyle(text).direction));
  assert.deepEqual(ways, ["ltr", "rtl"]);
});

test("web addresses are links, and nothing else is", async () => {
  const text = "See https://example.com/a_(b)?q=1. Or <b>javascript:alert(1)</b> and http://example.org!";
  const node = await site({ reply: () => answer(text) });
  const { page, told } = await visit(node);
  assert.equal((await say(page, "hello")), text);
  const links = page.locator("lgdl-chat li.game a");
  assert.deepEqual(await links.evaluateAll((all) => all.map((one) => one.getAttribute("href"))), ["https://example.com/a_(b)?q=1", "http://example.org/"]);
  assert.equal(await links.first().getAttribute("rel"), "noopener noreferrer nofollow");
  assert.equal(await page.locator("lgdl-chat li b").count(), 0);
  assert.deepEqual(told, []);
});

test("pictures, cards, links and choices with values are shown; what is unsafe or unknown is not", async () => {
  const picture = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>";
  const node = await site({
    reply: (_, count) => answer(`answer ${count}`, {
      attachments: [
        { image: "/pizza.svg", alt: "A pizza" }, { image: "/gone.png", alt: "A menu" }, { image: picture, alt: "Inline" },
        { card: { title: "Margherita", text: "<i>Tomato</i>", link: "https://example.com/m" } },
        { card: { title: "Bad", link: "javascript:alert(1)" } }, { link: "javascript:alert(2)", title: "Bad" },
        { link: "tel:+49301234", title: "Call us" }, { payload: { map: 1 } }, { hologram: "x" }, null, "text",
      ],
      choices: ["Plain", { label: "With basil", value: "basil_extra" }, { value: "no label" }, 7],
    }),
  });
  const { page, told } = await visit(node);
  await page.route("**/pizza.svg", (route) => route.fulfill({ contentType: "image/svg+xml", body: '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>' }));
  await say(page, "menu");
  await page.getByRole("img", { name: "A pizza" }).waitFor();
  await page.locator("lgdl-chat .instead", { hasText: "A menu" }).waitFor();
  await page.locator("lgdl-chat .instead", { hasText: "Inline" }).waitFor();
  const links = await page.locator("lgdl-chat li.game a").evaluateAll((all) => all.map((one) => one.getAttribute("href")));
  assert.deepEqual(links, ["https://example.com/m", "tel:+49301234"]);
  assert.match(await shown(page), /<i>Tomato<\/i>/);
  assert.deepEqual(await page.locator("lgdl-chat .choices button").allInnerTexts(), ["Plain", "With basil"]);
  await page.getByRole("button", { name: "With basil" }).click();
  await answered(page, 1);
  assert.equal(node.turns[1].input, "basil_extra");
  assert.equal(await persons(page).last().innerText(), "With basil");
  assert.equal(told.filter((text) => !text.includes("404")).join(), "");
  await page.reload();
  await page.getByRole("img", { name: "A pizza" }).first().waitFor();
});

test("what was heard beside and waits in line is said, without a move's name", async () => {
  const also = [{ move_id: "opening_hours", confidence: 0.8, state: "waiting" }, { move_id: "menu_info", confidence: 0.8, state: "answered" }];
  const node = await site({ reply: () => answer("For how many people?", { also }) });
  const { page } = await visit(node);
  await say(page, "a table, and when are you open?");
  assert.match(await shown(page), /Coming up next: 1/);
  assert.doesNotMatch(await shown(page), /opening_hours|menu_info/);
});

test("a greeting stands before anything is said, and the element is typing until the answer comes", async () => {
  let release;
  const node = await site({ attributes: 'game="g" greeting="Welcome!"', reply: () => new Promise((resolve) => (release = () => resolve(answer("Here I am.")))) });
  const { page } = await visit(node);
  assert.equal(await games(page).innerText(), "Welcome!");
  await type(page, "hello");
  await page.getByText("Is typing").waitFor({ state: "attached" });
  assert.equal(await page.locator("lgdl-chat .typing").count(), 1);
  release();
  assert.equal(await answered(page, 1), "Here I am.");
  assert.equal(await page.locator("lgdl-chat .typing").count(), 0);
  await page.reload();
  assert.deepEqual(await games(page).allInnerTexts(), ["Welcome!", "Here I am."]);
});

test("the launcher is opened and closed by keyboard, counts what came meanwhile, and fills a phone", async () => {
  const head = `<script>globalThis.seen = []; ["lgdl-open", "lgdl-close"].forEach((name) => addEventListener(name, () => seen.push(name), true));</script>`;
  const node = await site({ head, attributes: 'game="g" launcher heading="Bistro"', body: (element) => `<a href="#x">A link</a>${element}` });
  const { page } = await visit(node);
  const panel = page.locator("lgdl-chat section");
  assert.equal(await panel.isVisible(), false);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await panel.waitFor();
  await page.keyboard.type("hello");
  await page.keyboard.press("Enter");
  await answered(page, 0);
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "hidden" });
  const launcher = page.locator("lgdl-chat .launcher");
  assert.equal(await launcher.getAttribute("aria-expanded"), "false");
  assert.equal(await launcher.evaluate((one) => one.getRootNode().activeElement === one), true, "the focus is back");
  assert.deepEqual(await page.evaluate(() => globalThis.seen), ["lgdl-open", "lgdl-close"]);
  await page.evaluate(() => void document.querySelector("lgdl-chat").say("while closed"));
  await page.getByRole("button", { name: "Open the chat: 1 new" }).click();
  await panel.waitFor();
  await page.setViewportSize({ width: 375, height: 667 });
  // The panel comes with a movement of its own: where it stands once that has ended.
  await panel.evaluate((one) => Promise.all(one.getAnimations().map((animation) => animation.finished)));
  const area = await panel.boundingBox();
  assert.deepEqual([area.x, area.y, area.width, area.height], [0, 0, 375, 667]);
  await page.getByRole("button", { name: "Close the chat" }).click();
  await panel.waitFor({ state: "hidden" });
  node.state.attributes += " open";
  const { page: next } = await visit(node);
  await next.locator("lgdl-chat section").waitFor();
  assert.equal(await next.evaluate(() => document.activeElement.tagName), "BODY", "a page that comes with an open panel keeps its focus");
  assert.deepEqual(await next.evaluate(() => globalThis.seen), []);
});

test("colours, radius and theme are the page's to choose", async () => {
  const head = "<style>lgdl-chat { --lgdl-accent: #fc0; --lgdl-radius: 4px; --lgdl-surface: rgb(1, 2, 3); }</style>";
  const { page } = await visit(await site({ head, attributes: 'game="g" theme="dark"' }), { media: { colorScheme: "light" } });
  await say(page, "hello");
  const style = (selector, property) => page.locator(`lgdl-chat ${selector}`).evaluate((one, property) => getComputedStyle(one)[property], property);
  assert.equal(await style("li.person .text", "backgroundColor"), "rgb(255, 204, 0)");
  assert.match(await style("li.person .text", "color"), /^color\(xyz-d65 0 0 0\)|^rgb\(0, 0, 0/, "black can be read on yellow");
  assert.equal(await style("section", "borderTopLeftRadius"), "4px");
  assert.equal(await style("section", "backgroundColor"), "rgb(1, 2, 3)");
  assert.equal(await page.locator("lgdl-chat").evaluate((one) => getComputedStyle(one).colorScheme), "dark");
});

test("who wants less motion gets none", async () => {
  const node = await site({ attributes: 'game="g" launcher open', reply: () => new Promise(() => {}) });
  for (const [reducedMotion, moves] of [["reduce", false], ["no-preference", true]]) {
    const { page } = await visit(node, { media: { reducedMotion } });
    await page.evaluate(() => document.querySelector("lgdl-chat").reset());
    await type(page, "hello");
    await page.locator("lgdl-chat .typing").waitFor();
    const running = await page.evaluate(() => document.querySelector("lgdl-chat").shadowRoot.getAnimations().length);
    assert.equal(running > 0, moves, reducedMotion);
    await page.close();
  }
});

test("a token is fetched, renewed once when it has ended, and never asked for in vain", async () => {
  let given = 0;
  const node = await site({
    attributes: 'game="g" user-id="ann" token-url="/token"',
    reply: (turn) => (turn.authorization === "Bearer token-2" ? answer("fine") : problem(401, "E310")),
  });
  const { page } = await visit(node);
  await page.route("**/token", (route) => route.fulfill({ json: { token: `token-${(given += 1)}` } }));
  assert.equal(await say(page, "hello"), "fine");
  assert.equal(await say(page, "again"), "fine");
  assert.equal(given, 2);
  assert.deepEqual(node.turns.map((turn) => turn.authorization), ["Bearer token-1", "Bearer token-2", "Bearer token-2"]);
});

test("each way an embedding fails is explained to the developer in the console, and to the person in plain words", async () => {
  for (const [reply, attributes, hint] of [
    [() => problem(401, "E310"), 'game="g"', /E310.*api-key.*token-url/],
    [() => problem(404, "E227"), 'game="g"', /E227.*`lgdl games list`.*\/games with a credential/],
    [() => problem(403, "E311"), 'game="g"', /E311.*scope `turns`/],
  ]) {
    const { page, told } = await visit(await site({ reply, attributes }));
    await type(page, "hello");
    await note(page).getByText("Not sent. The chat is not available right now.").waitFor();
    await page.waitForTimeout(100);
    assert.ok(told.some((text) => text.startsWith("lgdl-chat:") && hint.test(text) && text.includes("docs/embed.md")), told.join("\n"));
  }
  for (const given of [{ status: 404, body: "<h1>Not found</h1>" }, { status: 200, body: { ok: true } }]) {
    const { page, told } = await visit(await site({ reply: () => given }));
    await type(page, "hello");
    await note(page).waitFor();
    await page.waitForTimeout(100);
    assert.ok(told.some((text) => /lgdl-chat: http\S+ does not answer as an edge node does/.test(text)), told.join("\n"));
    assert.doesNotMatch(await shown(page), /undefined|Not found/);
  }
  const closed = await site({ cors: false });
  const foreign = await visit(await site({ attributes: `game="g" base-url="${closed.url}"` }));
  await type(foreign.page, "hello");
  await note(foreign.page).getByText(/Not sent yet/).waitFor();
  await foreign.page.waitForTimeout(300);
  assert.ok(foreign.told.some((text) => /LGDL_CORS_ORIGINS must list http:\/\/127/.test(text)), foreign.told.join("\n"));
  const nowhere = await visit(await site({ attributes: 'game="g" base-url="http://127.0.0.1:9"' }));
  await type(nowhere.page, "hello");
  await note(nowhere.page).getByText(/Not sent yet/).waitFor();
  await nowhere.page.waitForTimeout(300);
  assert.ok(nowhere.told.some((text) => /127\.0\.0\.1:9 can't be reached/.test(text)), nowhere.told.join("\n"));
  const nothing = await visit(await site({ attributes: "" }));
  for (let waited = 0; nothing.told.length === 0 && waited < 10_000; waited += 100) await nothing.page.waitForTimeout(100);
  assert.ok(nothing.told.some((text) => /attribute `game`/.test(text)), nothing.told.join("\n"));
});

test("properties that were set before the element was there are heeded", async () => {
  const body = (element) => `${element}<script>const chat = document.querySelector("lgdl-chat");
    chat.texts = { placeholder: "Mine" }; chat.context = { page: "home" }; chat.token = async () => "mine";</script>`;
  const node = await site({ body });
  const { page } = await visit(node);
  await page.getByPlaceholder("Mine").waitFor();
  await say(page, "hello");
  assert.equal(node.turns[0].context.page, "home");
  assert.equal(node.turns[0].authorization, "Bearer mine");
});

test("whoever was asked for is waited for, is shown when they speak, and nothing is shown twice", async () => {
  const waits = { queue: "night_nurse", stage: "waiting", since_ms: 1 };
  const node = await site({
    reply: (turn, count) => answer(count === 1 ? "I fetch somebody." : "", { turn: count === 1 ? 1 : 4, stage: count === 1 ? "escalated" : "with_agent", handover: count === 1 ? waits : { ...waits, stage: "with" } }),
  });
  node.state.now = { queue: "night_nurse", stage: "waiting", place: 2 };
  const { page, told } = await visit(node);
  await say(page, "a person, please");
  await page.getByText("Waiting for night nurse. Your place in the queue: 2.").waitFor();
  node.state.now = { queue: "night_nurse", stage: "with", agent: "Anna" };
  const said = (turn, from, text) => ({ turn, at_ms: Date.now(), from, text });
  node.state.news = [said(1, "person", "a person, please"), said(1, "game", "I fetch somebody."), said(2, "game", "Anna is there."), said(3, "agent", "Hello, I am Anna.")];
  await page.getByText("You are talking with Anna.").waitFor();
  await page.locator("lgdl-chat li.agent .text").getByText("Hello, I am Anna.").waitFor();
  assert.equal(await page.locator("lgdl-chat li.agent .by").innerText(), "Anna");
  await type(page, "Hello Anna");
  await page.waitForFunction(() => document.querySelector("lgdl-chat").shadowRoot.querySelector(".typing") === null);
  node.state.news.push(said(4, "person", "Hello Anna"), said(5, "agent", "How are you?"));
  await page.locator("lgdl-chat li.agent .text").getByText("How are you?").waitFor();
  await page.reload();
  await page.getByText("You are talking with Anna.").waitFor();
  node.state.news.push(said(6, "game", "It is me again."));
  node.state.now = null;
  await page.locator("lgdl-chat li.game .text").getByText("It is me again.").waitFor();
  await page.locator("lgdl-chat .standing").waitFor({ state: "hidden" });
  assert.deepEqual(await games(page).allInnerTexts(), ["I fetch somebody.", "Anna is there.", "Hello, I am Anna.", "How are you?", "It is me again."]);
  assert.deepEqual(await persons(page).allInnerTexts(), ["a person, please", "Hello Anna"]);
  assert.deepEqual(told, []);
});

test("what somebody says in a new conversation is shown, whatever was said in the one before at the same place", async () => {
  const handover = { queue: "nurse", stage: "with" };
  const node = await site({
    reply: (_, count) => {
      if (count === 2) return problem(410, "E233");
      node.state.now = { ...handover, agent: "Anna" };
      return answer("I fetch somebody.", { stage: "escalated", handover });
    },
  });
  const { page } = await visit(node);
  const speak = (text) => {
    node.state.news = [{ turn: 2, at_ms: Date.now(), from: "agent", text }];
    return page.locator("lgdl-chat li.agent .text", { hasText: text }).waitFor();
  };
  await say(page, "hello");
  await speak("What happened?");
  [node.state.now, node.state.news] = [null, []];
  await page.locator("lgdl-chat .standing").waitFor({ state: "hidden" });
  await type(page, "again");
  await page.getByRole("button", { name: "Send again" }).click();
  await games(page).getByText("I fetch somebody.").nth(1).waitFor();
  await speak("And what happened now?");
  assert.deepEqual(await page.locator("lgdl-chat li.agent .text").allInnerTexts(), ["What happened?", "And what happened now?"]);
});

test("a site that gives no token is named as what fails, and one that is only busy is asked again", async () => {
  const node = await site({ attributes: 'game="g" user-id="ann" token-url="/token"' });
  const refused = { status: 404, body: "" };
  const foreign = { status: 200, body: "<!doctype html>" };
  for (const [given, text] of [[refused, /answered 404/], [foreign, /answered 200/]]) {
    const { page, told } = await visit(node);
    await page.route("**/token", (route) => route.fulfill(given));
    await type(page, "hello");
    await page.getByText("Not sent. The chat is not available right now.").first().waitFor();
    const hints = told.filter((line) => line.startsWith("lgdl-chat:"));
    assert.equal(hints.length, 1, hints.join("\n"));
    assert.match(hints[0], /token-url must answer/);
    assert.match(hints[0], text);
    await page.getByRole("button", { name: "Remove" }).click();
    await page.close();
  }
  const { page, told } = await visit(node);
  let asked = 0;
  await page.route("**/token", (route) => ((asked += 1) < 3 ? route.fulfill({ status: 503, body: "" }) : route.fulfill({ json: { token: "t" } })));
  assert.equal(await say(page, "hello"), "You said: hello");
  assert.equal(told.filter((line) => line.startsWith("lgdl-chat:")).length, 1, "it is told once");
});

test("a framework may set `open` as a property, before the script has arrived as well, and what is said empty is not sent", async () => {
  const early = '<script>document.querySelector("lgdl-chat").open = true</script>';
  const node = await site({ attributes: 'game="g" launcher', body: (element) => element + early });
  const { page } = await visit(node);
  const isOpen = () => page.locator("lgdl-chat section").isVisible();
  assert.equal(await isOpen(), true);
  for (const [act, expected] of [["chat.open = false", false], ["chat.open()", true], ["chat.close()", false], ["chat.open = true", true]]) {
    await page.evaluate(`(() => { const chat = document.querySelector("lgdl-chat"); ${act}; })()`);
    assert.equal(await isOpen(), expected, act);
  }
  await page.evaluate(() => document.querySelector("lgdl-chat").say("  \n"));
  assert.equal(node.turns.length, 0);
});

test("a tab says once that the person has stopped typing, and one in which they never began says nothing of it", async () => {
  const handover = { queue: "nurse", stage: "with" };
  const node = await site({ reply: () => ((node.state.now = { ...handover, agent: "Anna" }), answer("I fetch somebody.", { stage: "escalated", handover })) });
  const { page } = await visit(node);
  await say(page, "hello");
  const said = async (words) => {
    const from = node.typed.length;
    for (let waited = 0; !words.every((word) => node.typed.slice(from).includes(word)); waited += 100) {
      assert.ok(waited < 10_000, JSON.stringify(node.typed));
      await page.waitForTimeout(100);
    }
  };
  await said([null]);
  const composer = page.getByLabel("Your message");
  await composer.pressSequentially("hm", { delay: 100 });
  await said(["true"]);
  await composer.fill("");
  await said(["false", null]);
  assert.equal(node.typed.filter((typing) => typing === "false").length, 1, JSON.stringify(node.typed));
});
