// Who sees little, or nothing, or uses no mouse: axe on every state of the element, at the widths of phones and desks, in light
// and dark; nothing is cut off sideways, and what is pressed is large enough.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, test } from "node:test";
import { answer, fakeNode, problem } from "./fake-node.mjs";
import { context, say, type } from "../page.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** WCAG 2.2, 2.5.8, pixels. */
const LEAST_TARGET = 24;
const picture = '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="320"><rect width="640" height="320" fill="teal"/></svg>';
let node;
after(() => node?.stop());

async function start() {
  node ??= await fakeNode({
    reply: (turn) => {
      if (turn.input === "refused") return problem(403, "E901");
      if (turn.input === "limited") return problem(429, "E320", { "retry-after": "60" });
      return answer(`Look at https://example.com/${"a-very-long-address-".repeat(6)} and choose.`, {
        choices: Array.from({ length: 12 }, (_, index) => `Choice number ${index + 1}`),
        attachments: [
          { image: "/picture.svg", alt: "A teal field" },
          { card: { title: "A card", text: "With words that go on for a while.", link: "https://example.com" } },
        ],
        degraded: "stateless",
        also: [{ move_id: "m", confidence: 1, state: "waiting" }],
      });
    },
  });
  return node;
}

async function audit(page, where) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"], rules: { region: { enabled: false } } }));
  const found = violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map((one) => `${one.target.flat().join(" ")} ${one.failureSummary}`).slice(0, 2).join("; ")}`);
  assert.deepEqual(found, [], where);
}

async function measure(page, width, where) {
  const faults = await page.evaluate(([width, least]) => {
    const root = document.querySelector("lgdl-chat").shadowRoot;
    const faults = [];
    for (const element of root.querySelectorAll("section *")) {
      const area = element.getBoundingClientRect();
      const hidden = element.closest(".unseen, [hidden], svg") || area.width === 0;
      if (!hidden && (area.right > width + 0.5 || area.left < -0.5)) faults.push(`${element.tagName}.${element.className} leaves the element`);
      if (!hidden && element.matches("button, textarea") && Math.min(area.width, area.height) < least) faults.push(`${element.className} is ${area.width}×${area.height}`);
    }
    if (document.documentElement.scrollWidth > width) faults.push("the page scrolls sideways");
    return faults;
  }, [width, LEAST_TARGET]);
  assert.deepEqual(faults, [], where);
}

test("every state passes axe and fits, at 320, 375 and 1280 px, in light and dark", async () => {
  const { state, url } = await start();
  for (const colorScheme of ["light", "dark"]) {
    for (const [width, height] of [[320, 568], [375, 720], [1280, 800]]) {
      for (const launcher of ["", "launcher open"]) {
        const where = `${colorScheme} ${width} ${launcher}`;
        state.attributes = `game="g" heading="A company with a rather long name" subheading="Answers questions" greeting="Welcome!" ${launcher} keep="nothing"`;
        state.body = (element) => `<h1>A company</h1>${element}`;
        state.head = "<style>h1{position:absolute;clip-path:inset(50%);margin:0}:root{color-scheme:light dark}lgdl-chat:not([launcher]){height:100dvh}</style>";
        const page = await context.newPage();
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.route("**/picture.svg", (route) => route.fulfill({ contentType: "image/svg+xml", body: picture }));
        await page.goto(url);
        await audit(page, `${where}, nothing said`);
        await say(page, "hello");
        await page.getByRole("button", { name: "Show all 12" }).click();
        await audit(page, `${where}, an answer`);
        await measure(page, width, `${where}, an answer`);
        await type(page, "refused");
        await page.getByRole("button", { name: "Remove" }).waitFor();
        await type(page, "limited");
        await page.locator("lgdl-chat .note").getByText(/This one will be sent in/).waitFor();
        await type(page, "and one more behind it");
        await page.getByRole("button", { name: "Start over" }).click();
        await audit(page, `${where}, refused`);
        await measure(page, width, `${where}, refused`);
        if (process.env.SCREENSHOTS) await page.screenshot({ path: join(process.env.SCREENSHOTS, `element-${where.replaceAll(" ", "-")}.png`) });
        await page.close();
      }
    }
  }
});

test("any accent can be read, in light and dark", async () => {
  const { state, url } = await start();
  for (const accent of ["#ffcc00", "#000", "#eee", "#e4002b", "#00a86b", "#7f7f7f", "#8a8a8a", "#1e90ff", "#ff69b4", "rgb(0 255 0)", "navy"]) {
    for (const colorScheme of ["light", "dark"]) {
      state.attributes = 'game="g" heading="A company" subheading="Answers" keep="nothing"';
      state.body = (element) => `<h1>A company</h1>${element}`;
      state.head = `<style>h1{position:absolute;clip-path:inset(50%);margin:0}:root{color-scheme:light dark}lgdl-chat{--lgdl-accent:${accent}}</style>`;
      const page = await context.newPage();
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.goto(url);
      await say(page, "hello");
      await type(page, "refused");
      await page.getByRole("button", { name: "Remove" }).waitFor();
      await type(page, "something longer");
      await audit(page, `${accent}, ${colorScheme}`);
      await page.close();
    }
  }
});

test("what comes is announced once, and a count-down is not read out second by second", async () => {
  const { state, url } = await start();
  state.attributes = 'game="g" keep="nothing"';
  const page = await context.newPage();
  await page.goto(url);
  await type(page, "limited");
  const words = page.locator("lgdl-chat .note .words");
  await words.waitFor();
  assert.equal(await page.getByRole("log").getAttribute("aria-live"), "polite");
  assert.equal(await words.evaluate((one) => one.closest("[aria-live]").getAttribute("aria-live")), "off");
  const said = await page.getByRole("status").innerText();
  assert.match(said, /will be sent in/);
  await page.waitForTimeout(1500);
  assert.equal(await page.getByRole("status").innerText(), said);
});
