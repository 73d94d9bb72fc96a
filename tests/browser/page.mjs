// A browser (CHROMIUM names its program) and the chat page in it: opening it, saying something, reading what it shows.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

export const url = process.env.LGDL_URL;
const PATIENCE_MS = 20_000;
let profile;
export let context;

before(async () => {
  profile = await mkdtemp(join(tmpdir(), "lgdl-browser-"));
  context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM,
    headless: true,
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync",
    ],
  });
  context.setDefaultTimeout(PATIENCE_MS);
});

after(async () => {
  await context?.close();
  await rm(profile, { recursive: true, force: true });
});

/** The chat page with a conversation of its own, and everything that went wrong in it. */
export async function open(game, options = {}) {
  const node = options.node ?? url;
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  // A node that `lgdl dev` did not start draws no picture of the game: the browser says so, and the page does without.
  const drawn = (message) => message.location().url.includes("/dev/graph");
  page.on("console", (message) => message.type() === "error" && !drawn(message) && faults.push(message.text()));
  page.on("request", (request) => request.url().startsWith(node) || faults.push(`asked ${request.url()}`));
  if (options.viewport) await page.setViewportSize(options.viewport);
  if (options.colorScheme) await page.emulateMedia({ colorScheme: options.colorScheme });
  if (options.prepare) await page.addInitScript(options.prepare);
  await page.goto(`${node}/?game=${game}`);
  await page.locator("lgdl-chat[game]").waitFor();
  await startOver(page);
  return { page, faults };
}

/** Begins a new conversation; where something was said, that is asked about first. */
export async function startOver(page) {
  await page.getByRole("button", { name: "Start over" }).click();
  const sure = page.getByRole("button", { name: "New conversation" });
  if (await sure.isVisible()) await sure.click();
  await page.waitForFunction(() => document.querySelector("lgdl-chat").shadowRoot.querySelectorAll("li.person").length === 0);
}

/** Types something and sends it, without waiting for anything. */
export async function type(page, text) {
  await page.getByLabel("Your message").fill(text);
  await page.getByLabel("Your message").press("Enter");
}

/** Says something and waits for the answer to it. */
export async function say(page, text) {
  const answers = page.locator("lgdl-chat li.game");
  const before = await answers.count();
  await type(page, text);
  return answered(page, before);
}

/** Waits until there are more answers than before. */
export async function answered(page, before) {
  await page.waitForFunction(
    (count) => {
      const root = document.querySelector("lgdl-chat").shadowRoot;
      return root.querySelectorAll("li.game").length > count && root.querySelector("[role=log]").getAttribute("aria-busy") === "false";
    },
    before,
  );
  return page.locator("lgdl-chat li.game .text").last().innerText();
}

/** Everything that a person reads in the element. */
export const shown = (page) => page.locator("lgdl-chat section").innerText();
export const explanation = async (page) => (await page.locator("#explanation").innerText()).replaceAll("\t", " ");
export const slots = async (page) => (await page.locator("#explanation table").first().innerText()).replaceAll("\t", " ");
