// The chat page, with a person before it: LGDL_URL names the development node that serves it.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { answered, explanation, open, say, shown, slots } from "../page.mjs";

test("the triage conversation: slots, a correction, an emergency in the middle, and back", async () => {
  const { page, faults } = await open("clinic_triage");
  await say(page, "I have pain in my back");
  assert.match(await explanation(page), /Asked for\s+severity/);
  assert.doesNotMatch(await shown(page), /Asked for/, "a slot's name is for developers");
  assert.match(await slots(page), /location back capture/);
  const refused = await say(page, "11");
  assert.match(refused, /1 to 10|from 1/);
  await say(page, "6");
  assert.match(await slots(page), /severity 6/);
  await say(page, "sorry, actually 7");
  assert.match(await slots(page), /severity 7/);
  await say(page, "I can't breathe");
  assert.match(await explanation(page), /respiratory_distress/);
  assert.deepEqual(faults, []);
});

test("what is said stays through a reload, and the conversation goes on", async () => {
  const { page, faults } = await open("clinic_triage");
  await say(page, "I have pain in my knee");
  await page.reload();
  await page.getByText("I have pain in my knee").waitFor();
  await say(page, "8 out of 10");
  assert.match(await slots(page), /location knee/);
  assert.match(await slots(page), /severity 8/);
  assert.deepEqual(faults, []);
});

test("choices are buttons that answer", async () => {
  const { page } = await open("support_desk");
  let buttons = 0;
  for (const text of ["help", "I have a problem", "it does not work", "something is wrong"]) {
    await say(page, text);
    buttons = await page.locator("lgdl-chat .choices button").count();
    if (buttons > 0) break;
  }
  assert.ok(buttons > 1, "one of the vague utterances offers choices");
  const before = await page.locator("lgdl-chat li.game").count();
  const choice = page.locator("lgdl-chat .choices button").first();
  const label = await choice.innerText();
  await choice.click();
  await answered(page, before);
  assert.equal(await page.locator("lgdl-chat li.person .text").last().innerText(), label);
});

test("another game is picked by keyboard and has a conversation of its own", async () => {
  const { page, faults } = await open("clinic_triage");
  await say(page, "hello");
  await page.getByLabel("Game", { exact: true }).focus();
  await page.getByLabel("Game", { exact: true }).selectOption("table_booking");
  await page.waitForFunction(() => document.querySelector("lgdl-chat").getAttribute("game") === "table_booking");
  assert.equal(await page.locator("lgdl-chat li").count(), 0);
  assert.match(page.url(), /game=table_booking/);
  assert.deepEqual(faults, []);
});

test("everything can be reached by keyboard, and has a name for a screen reader", async () => {
  const { page } = await open("clinic_triage");
  await say(page, "hello");
  const reached = [];
  await page.locator("body").press("Tab");
  for (let presses = 0; presses < 15; presses += 1) {
    reached.push(
      await page.evaluate(() => {
        const outer = document.activeElement;
        const element = outer?.shadowRoot?.activeElement ?? outer;
        return element?.getAttribute("aria-label") || element?.labels?.[0]?.textContent || element?.textContent?.trim().slice(0, 40) || element?.tagName;
      }),
    );
    await page.keyboard.press("Tab");
  }
  for (const name of ["Skip to the conversation", "Game", "Start over", "Conversation", "Your message", "Send"]) {
    assert.ok(reached.includes(name), `${name} is not among ${reached.join(", ")}`);
  }
  const unnamed = await page.evaluate(() => {
    const root = document.querySelector("lgdl-chat").shadowRoot;
    const controls = [...document.querySelectorAll("button, select, input, textarea"), ...root.querySelectorAll("button, textarea")];
    return controls.filter((c) => !(c.textContent.trim() || c.getAttribute("aria-label") || c.labels?.length)).length;
  });
  assert.equal(unnamed, 0);
  assert.equal(await page.getByRole("log").getAttribute("aria-live"), "polite");
});

test("a phone's width needs no sideways scrolling, in light and dark", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const { page } = await open("clinic_triage", { viewport: { width: 360, height: 740 }, colorScheme });
    await say(page, "I have pain in my knee, 7 out of 10, since 2 days ago");
    const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(content <= window, `${content} > ${window}`);
    const [text, ground] = await page.evaluate(() => {
      const style = getComputedStyle(document.querySelector("lgdl-chat").shadowRoot.querySelector("section"));
      return [style.color, style.backgroundColor];
    });
    const light = (colour) => colour.match(/[\d.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
    assert.equal(light(text) < light(ground), colorScheme === "light", `${text} on ${ground}`);
    if (process.env.SCREENSHOTS) await page.screenshot({ path: join(process.env.SCREENSHOTS, `${colorScheme}.png`) });
  }
});

test("what a person types is shown as text, never as markup", async () => {
  const { page, faults } = await open("clinic_triage");
  await say(page, "<img src=x onerror=alert(1)><b>pain</b>");
  assert.equal(await page.locator("lgdl-chat li.person .text").last().innerText(), "<img src=x onerror=alert(1)><b>pain</b>");
  assert.deepEqual(faults, []);
});
