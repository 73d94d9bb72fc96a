// A person and an agent, each in a page of their own, at the same time: the person asks for somebody, the agent takes over, both
// speak while the origin goes away and comes back, the agent hands back. Nobody's message is lost or shown twice.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";
import { context, open, say, type } from "../page.mjs";

const desk = process.env.LGDL_DESK_URL;
const control = process.env.LGDL_CONTROL_URL;
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

async function enter(viewport) {
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => /Content Security Policy/i.test(message.text()) && faults.push(message.text()));
  if (viewport) await page.setViewportSize(viewport);
  await page.goto(`${desk}/desk`);
  if (await page.getByLabel("Name", { exact: true }).isVisible()) {
    await page.getByLabel("Name", { exact: true }).fill(process.env.LGDL_AGENT);
    await page.getByLabel("Password").fill(process.env.LGDL_AGENT_PASSWORD);
    await page.getByRole("button", { name: "Log in" }).click();
  }
  await page.getByText("Connected").waitFor();
  return { page, faults };
}

/** What axe finds wrong with the page as it stands, outside of the policy that forbids scripts of others. */
async function accessible(page) {
  const found = await page.evaluate(`(async () => { ${axe}; const all = await axe.run(); return all.violations.map((one) => one.id + ": " + one.nodes.map((node) => node.html).join(" ")); })()`);
  assert.deepEqual(found, []);
}

const texts = (page) => page.locator("lgdl-chat li.person .text, lgdl-chat li.game .text").allInnerTexts();
const once = (all, text) => assert.equal(all.filter((one) => one.includes(text)).length, 1, `${text}: ${JSON.stringify(all)}`);

test("a nurse answers in a browser, the origin goes away in the middle, and the game goes on", async () => {
  const person = await open("clinic_triage");
  const nurse = await enter();
  await accessible(nurse.page);
  assert.match(await say(person.page, "I want to speak to a nurse"), /handing you over/);
  await person.page.getByText("Waiting for nurse on duty. Your place in the queue: 1.").waitFor();

  await nurse.page.locator("#waiting button").click();
  await nurse.page.locator("#messages").getByText("I want to speak to a nurse").waitFor();
  await nurse.page.getByRole("button", { name: "Take over" }).press("Enter");
  await person.page.getByText("You are talking with Nurse Anna.").first().waitFor();
  await accessible(nurse.page);
  await nurse.page.getByLabel("Your message").fill("Hello, what happened?");
  await nurse.page.getByLabel("Your message").press("Enter");
  await person.page.locator("lgdl-chat li.agent .text", { hasText: "Hello, what happened?" }).waitFor();
  // Each sees that the other types; what is not sent goes nowhere.
  await person.page.getByLabel("Your message").pressSequentially("hm", { delay: 100 });
  await nurse.page.locator("#types", { hasText: "The person is typing" }).waitFor();
  await nurse.page.getByLabel("Your message").pressSequentially("So", { delay: 100 });
  await person.page.locator("lgdl-chat li.typing").waitFor();
  await nurse.page.getByLabel("Your message").fill("");
  await person.page.locator("lgdl-chat li.typing").waitFor({ state: "detached" });
  await person.page.getByLabel("Your message").fill("");
  await nurse.page.locator("#types", { hasText: "The person is typing" }).waitFor({ state: "hidden" });
  await type(person.page, "I fell off my bicycle");
  await nurse.page.locator("#messages").getByText("I fell off my bicycle").waitFor();

  // The origin is gone for a while, and both go on writing.
  await fetch(`${control}/stop`, { method: "POST" });
  await type(person.page, "My arm is blue");
  await nurse.page.getByLabel("Your message").fill("Can you move it?");
  await nurse.page.getByLabel("Your message").press("Enter");
  await new Promise((done) => setTimeout(done, 1_500));
  await fetch(`${control}/back`, { method: "POST" });
  await nurse.page.locator("#messages").getByText("My arm is blue").waitFor({ timeout: 40_000 });
  await person.page.locator("lgdl-chat li.agent .text", { hasText: "Can you move it?" }).waitFor({ timeout: 40_000 });
  await type(person.page, "Yes, a little");
  await nurse.page.locator("#messages").getByText("Yes, a little").waitFor();
  // A reload in the middle forgets nothing and shows nothing twice.
  await person.page.reload();
  await person.page.getByText("You are talking with Nurse Anna.").first().waitFor();
  await nurse.page.getByLabel("Your message").fill("Then rest it.");
  await nurse.page.getByLabel("Your message").press("Enter");
  await person.page.locator("lgdl-chat li.agent .text", { hasText: "Then rest it." }).waitFor();

  await nurse.page.locator("summary", { hasText: "Hand back" }).click();
  await nurse.page.getByLabel(/Values for the game/).fill("room = 12");
  await nurse.page.getByRole("button", { name: "Hand back" }).click();
  await person.page.getByText("You are talking with the assistant again.").waitFor();
  await nurse.page.locator("#ended").getByText("resolved").waitFor();
  await person.page.locator("lgdl-chat .standing").waitFor({ state: "hidden" });
  assert.match(await say(person.page, "when are you open"), /8:00/);
  const all = await texts(person.page);
  for (const said of ["Hello, what happened?", "I fell off my bicycle", "My arm is blue", "Can you move it?", "Yes, a little", "Then rest it.", "You are talking with Nurse Anna now.", "with the assistant again"]) once(all, said);
  assert.deepEqual(nurse.faults, []);
  await person.page.close();
  await nurse.page.close();
});

test("the desk can be used on a phone, and an agent who closes it is missed", async () => {
  const person = await open("clinic_triage");
  const nurse = await enter({ width: 360, height: 740 });
  await say(person.page, "I want to speak to a nurse");
  await nurse.page.locator("#waiting button").click();
  await nurse.page.getByRole("button", { name: "Take over" }).click();
  await nurse.page.getByLabel("Your message").waitFor();
  const overflow = await nurse.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(overflow, 0, "nothing stands out at the side");
  await accessible(nurse.page);
  await nurse.page.locator("summary", { hasText: "Hand back" }).click();
  await nurse.page.getByRole("button", { name: "Put back into the queue" }).click();
  await person.page.getByText("Waiting for nurse on duty.").waitFor();
  await nurse.page.locator("#waiting").getByText("came back").waitFor();
  await person.page.close();
  await nurse.page.close();
});

test("the desk speaks the browser's language, and opens again where it was left", async () => {
  const person = await open("clinic_triage");
  await say(person.page, "I want to speak to a nurse");
  const page = await context.newPage();
  await page.addInitScript(() => Object.defineProperty(navigator, "languages", { get: () => ["es-AR", "en"] }));
  await page.goto(`${desk}/desk`);
  await page.getByLabel("Nombre", { exact: true }).fill(process.env.LGDL_AGENT);
  await page.getByLabel("Contraseña").fill(process.env.LGDL_AGENT_PASSWORD);
  await page.getByRole("button", { name: "Entrar" }).click();
  await page.getByText("Conectado").waitFor();
  await accessible(page);
  await page.locator("#waiting button").last().click();
  await page.getByRole("button", { name: "Atender" }).click();
  await page.getByText("La atiende usted.").waitFor();
  await page.reload();
  await page.getByText("La atiende usted.").waitFor();
  await page.locator("#messages").getByText("I want to speak to a nurse").waitFor();
  // Whoever logs out leaves nobody waiting until they are missed.
  await page.getByRole("button", { name: "Salir" }).click();
  await page.getByRole("button", { name: "Entrar" }).waitFor();
  await person.page.getByText("Waiting for nurse on duty.").waitFor();
  await person.page.close();
  await page.close();
});
