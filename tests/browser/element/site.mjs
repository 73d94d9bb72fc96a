// A site with the element in its page, before a node that answers what a test says, and a visit to it.
import { after } from "node:test";
import { fakeNode } from "./fake-node.mjs";
import { context } from "../page.mjs";

const nodes = [];
after(() => Promise.all(nodes.map((node) => node.stop())));

export async function site(options) {
  const node = await fakeNode(options);
  nodes.push(node);
  return node;
}

/** A tab with the site, and what its console and its faults told. */
export async function visit(node, { width = 1280, height = 800, media = {} } = {}) {
  const page = await context.newPage();
  const told = [];
  page.on("console", (message) => message.type() === "error" && told.push(message.text()));
  page.on("pageerror", (error) => told.push(`fault: ${error}`));
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ reducedMotion: "reduce", ...media });
  await page.goto(node.url);
  await page.locator("lgdl-chat section").waitFor({ state: "attached" });
  return { page, told };
}

export const persons = (page) => page.locator("lgdl-chat li.person .text");
export const games = (page) => page.locator("lgdl-chat li.game .text");
export const note = (page) => page.locator("lgdl-chat .note");
export const composer = (page) => page.locator("lgdl-chat textarea");
