// What the element keeps and what it lets go of, in one tab and in several, and whether what is new is seen.
import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, problem } from "./fake-node.mjs";
import { composer, site, visit } from "./site.mjs";
import { say, shown, startOver, type } from "../page.mjs";

const kept = (page) => page.evaluate(() => JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }));
const emptied = (page) => page.waitForFunction(() => document.querySelector("lgdl-chat").shadowRoot.querySelectorAll("li.person").length === 0);

/** How much of the log lies below the fold once it rests, pixels. */
async function hidden(page) {
  const now = () =>
    page.evaluate(() => {
      const log = document.querySelector("lgdl-chat").shadowRoot.querySelector("[role=log]");
      return Math.round(log.scrollHeight - log.scrollTop - log.clientHeight);
    });
  for (let before = await now(); ; ) {
    await page.waitForTimeout(300);
    const after = await now();
    if (after === before) return after;
    before = after;
  }
}

test("what was said is gone from the browser as soon as it is erased or begun anew, in every tab", async () => {
  const node = await site();
  for (const letGo of [
    (page) => page.evaluate(() => document.querySelector("lgdl-chat").reset()),
    (page) => startOver(page),
    async (page) => {
      await page.route("**/conversations/**", (route) => route.fulfill({ status: 200, contentType: "application/json", body: "{}" }));
      await page.evaluate(() => document.querySelector("lgdl-chat").erase());
    },
  ]) {
    const { page } = await visit(node);
    const { page: other } = await visit(node);
    await say(page, "a Plumbago secret");
    await other.getByText("You said: a Plumbago secret").waitFor();
    await composer(page).fill("half a Plumbago");
    await composer(other).fill("another half of Plumbago");
    await letGo(page);
    assert.doesNotMatch(await kept(page), /Plumbago/);
    await emptied(other);
    for (const tab of [other, page]) {
      assert.doesNotMatch(await kept(tab), /Plumbago/);
      assert.doesNotMatch(await shown(tab), /Plumbago/);
      assert.equal(await composer(tab).inputValue(), "");
    }
    await Promise.all([page.close(), other.close()]);
  }
});

test("an answer that another tab overwrote in the storage stays on the screen, and comes to the other tab", async () => {
  const { page } = await visit(await site());
  await say(page, "hello");
  // The other tab wrote before it had seen any of it, as browsers let it.
  await page.evaluate(() => {
    const chat = document.querySelector("lgdl-chat");
    const key = chat.conversation.storageKey("transcript");
    const lines = [{ key: "turn_b", from: "person", text: "menu", at: Date.now() }, { key: "turn_b:answer", from: "game", text: "Here it is.", at: Date.now() }];
    localStorage.setItem(key, JSON.stringify({ conversation: chat.conversation.id, lines }));
    dispatchEvent(new StorageEvent("storage", { key, newValue: localStorage.getItem(key), storageArea: localStorage }));
  });
  for (const text of ["You said: hello", "Here it is."]) await page.getByText(text).waitFor();
  for (const text of [/You said: hello/, /Here it is\./]) assert.match(await kept(page), text);
});

test("two tabs that speak at once both show every answer", async () => {
  const node = await site();
  const [{ page }, { page: other }] = [await visit(node), await visit(node)];
  await startOver(page);
  for (let round = 0; round < 6; round += 1) {
    await Promise.all([type(page, `one ${round}`), type(other, `two ${round}`)]);
    for (const tab of [page, other]) for (const who of ["one", "two"]) await tab.getByText(`You said: ${who} ${round}`, { exact: true }).waitFor();
  }
});

for (const motion of ["no-preference", "reduce"]) {
  test(`what was just answered is seen, however fast it comes: motion ${motion}`, async () => {
    const node = await site({ head: "<style>lgdl-chat{height:100dvh}</style>", reply: (turn) => answer(`You said ${turn.input.length} characters. ${"That is so. ".repeat(8)}`) });
    for (const [width, height] of [[375, 640], [320, 568]]) {
      const { page } = await visit(node, { width, height, media: { reducedMotion: motion } });
      await startOver(page);
      for (const text of ["a", "b", "c", "d", "e", "long ".repeat(200), "f"]) {
        await say(page, text);
        assert.ok((await hidden(page)) <= 1, `after ${text.slice(0, 9)} at ${width}: ${await hidden(page)} px`);
        assert.equal(await page.locator("lgdl-chat .jump").isVisible(), false);
      }
      await page.close();
    }
  });
}

test("who scrolled up is left there and told of what is new, until they go back", async () => {
  const { page } = await visit(await site({ head: "<style>lgdl-chat{height:100dvh}</style>" }), { width: 375, height: 400, media: { reducedMotion: "no-preference" } });
  await startOver(page);
  for (let index = 0; index < 6; index += 1) await say(page, `line ${index}`);
  await hidden(page);
  await page.locator("lgdl-chat [role=log]").hover();
  await page.mouse.wheel(0, -300);
  const before = await hidden(page);
  assert.ok(before > 100, `${before}`);
  await page.evaluate(() => {
    const chat = document.querySelector("lgdl-chat");
    const key = chat.conversation.storageKey("transcript");
    const now = JSON.parse(localStorage.getItem(key));
    now.lines.push({ key: "t:answer", from: "game", text: "From elsewhere", at: Date.now() });
    localStorage.setItem(key, JSON.stringify(now));
    dispatchEvent(new StorageEvent("storage", { key, newValue: JSON.stringify(now), storageArea: localStorage }));
  });
  const pill = page.getByRole("button", { name: "New messages" });
  await pill.waitFor();
  assert.ok((await hidden(page)) > before, "nothing moved away from under the reader");
  await pill.click();
  assert.ok((await hidden(page)) <= 1);
  assert.equal(await pill.isVisible(), false);
});

test("a reload ends at the end: with pictures, and with a message that was not sent", async () => {
  const card = { card: { title: "A card", text: "With a text", image: "http://pictures.test/one.svg" } };
  const node = await site({ head: "<style>lgdl-chat{height:100dvh}</style>", reply: (turn) => (turn.input === "no" ? problem(403, "E901") : answer("Look", { attachments: [card] })) });
  const { page } = await visit(node, { width: 375, height: 640, media: { reducedMotion: "no-preference" } });
  const picture = '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="240"/>';
  await page.route("http://pictures.test/**", async (route) => {
    await page.waitForTimeout(200); // after the text, as pictures come
    await route.fulfill({ contentType: "image/svg+xml", body: picture });
  });
  await startOver(page);
  for (const text of ["a", "b", "c"]) await say(page, text);
  await page.reload();
  await page.getByText("With a text").last().waitFor();
  assert.ok((await hidden(page)) <= 1, `${await hidden(page)} px`);
  await type(page, "no");
  await page.getByRole("button", { name: "Send again" }).waitFor();
  assert.ok((await hidden(page)) <= 1, `${await hidden(page)} px`);
  await page.reload();
  await page.getByRole("button", { name: "Send again" }).waitFor();
  assert.ok((await hidden(page)) <= 1, `${await hidden(page)} px`);
});

test("what is too long stays as it was written, and the limit is said", async () => {
  const node = await site();
  const { page } = await visit(node);
  await startOver(page);
  const before = node.turns.length;
  await composer(page).fill("x".repeat(12_000));
  await page.locator("lgdl-chat form").getByText("Too long to send: 7,904 characters too many. At most 4,096 fit into one message.").waitFor();
  await composer(page).press("Enter");
  assert.equal((await composer(page).inputValue()).length, 12_000);
  assert.equal(node.turns.length, before);
  await composer(page).fill("😀".repeat(4096)); // as the node counts
  await page.getByText("0 characters left").first().waitFor();
  await composer(page).press("Enter");
  await page.getByText("You said: 😀").waitFor();
});

test("a half-written message is there after a reload, and goes with what is sent", async () => {
  const { page } = await visit(await site());
  await composer(page).fill("half a\nmessage");
  await page.reload();
  await page.waitForFunction(() => document.querySelector("lgdl-chat").shadowRoot.querySelector("textarea").value === "half a\nmessage");
  await composer(page).press("Enter");
  await page.getByText("You said: half a").waitFor();
  await page.reload();
  await page.getByText("You said: half a").waitFor();
  assert.equal(await composer(page).inputValue(), "");
});

test("where nothing may be kept, what was half written before is not kept either", async () => {
  const { page } = await visit(await site());
  await composer(page).fill("half a Plumbago");
  assert.match(await kept(page), /Plumbago/);
  await page.evaluate(() => document.querySelector("lgdl-chat").setAttribute("keep", "nothing"));
  assert.doesNotMatch(await kept(page), /Plumbago/);
  assert.equal(await composer(page).inputValue(), "half a Plumbago", "what is on the screen stays there");
  await composer(page).fill("a whole Plumbago");
  assert.doesNotMatch(await kept(page), /Plumbago/);
});

test("what is half written stays with the element that is taken out and put back, and is for nobody else", async () => {
  const { page } = await visit(await site({ attributes: 'game="g" user-id="ann"' }));
  const putBack = (change) =>
    page.evaluate(`(() => { const chat = document.querySelector("lgdl-chat"), place = chat.parentNode; chat.remove(); ${change}; place.append(chat); })()`);
  await composer(page).fill("Ann's half message");
  await putBack("");
  assert.equal(await composer(page).inputValue(), "Ann's half message");
  await page.reload();
  await page.waitForFunction(() => document.querySelector("lgdl-chat").shadowRoot.querySelector("textarea").value === "Ann's half message");
  for (const [change, expected] of [['chat.setAttribute("user-id", "ben")', ""], ['chat.setAttribute("user-id", "ann")', "Ann's half message"], ['chat.setAttribute("game", "h")', ""]]) {
    await putBack(change);
    assert.equal(await composer(page).inputValue(), expected, change);
  }
});

test("many choices are listed once while they are offered, and say so when they lie below the fold", async () => {
  const choices = Array.from({ length: 26 }, (_, index) => `Department ${index + 1}`);
  const list = choices.map((choice, index) => `${index + 1}) ${choice}`).join(", ");
  const node = await site({ head: "<style>lgdl-chat{height:100dvh}</style>", reply: (turn) => (turn.input === "hello" ? answer(`Which one? Please choose: ${list}.`, { choices }) : answer("Well.")) });
  const { page } = await visit(node, { width: 320, height: 568 });
  await startOver(page);
  await say(page, "hello");
  assert.equal((await page.locator("lgdl-chat li.game .text").innerText()).trim(), "Which one? Please choose:");
  const log = await page.locator("lgdl-chat [role=log]").boundingBox();
  const first = await page.getByRole("button", { name: "Department 1", exact: true }).boundingBox();
  assert.ok(first.y + first.height < log.y + log.height, "the buttons are seen");
  assert.ok((await hidden(page)) < 48 || (await page.locator("lgdl-chat .jump").isVisible()), "and that there are more");
  await page.getByRole("button", { name: "Show all 26" }).click();
  assert.ok(await page.getByRole("button", { name: "Department 9", exact: true }).isVisible());
  await page.getByRole("button", { name: "Department 2", exact: true }).click();
  await page.getByText("Well.").waitFor();
  assert.match(await page.locator("lgdl-chat li.game .text").first().innerText(), /26\) Department 26\.$/, "afterwards it is all there");
});

test("no two buttons have one name, and the header says all of its second line", async () => {
  const node = await site({ attributes: 'game="g" launcher open heading="Clinic" subheading="Questions and appointments"' });
  const { page } = await visit(node, { width: 1280, height: 800 });
  const names = await page.getByRole("button").evaluateAll((buttons) => buttons.filter((one) => one.checkVisibility()).map((one) => one.getAttribute("aria-label") ?? one.textContent));
  assert.equal(new Set(names).size, names.length, names.join());
  for (const width of [1280, 320]) {
    await page.setViewportSize({ width, height: 800 });
    const cut = await page.locator("lgdl-chat .sub").evaluate((one) => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight + 1);
    assert.equal(cut, false, String(width));
  }
});
