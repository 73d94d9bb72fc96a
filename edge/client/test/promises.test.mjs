// What documentation, texts and package promise, against the code: importing the element here is also what a server does that
// renders pages.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { ATTRIBUTES, CSS_PROPERTIES, EVENTS, LgdlChat } from "../dist/element.js";
import { ENGLISH, LANGUAGES, PROBLEM_TEXTS, filled, problemText, span, textsFor } from "../dist/texts.js";

const read = (path) => readFile(new URL(path, import.meta.url), "utf8");
const embed = await read("../../../docs/embed.md");

/** The first cells of the rows of a section's tables. */
function rows(heading) {
  const section = embed.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  assert.ok(section, `docs/embed.md has the section ${heading}`);
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name).sort();
}

test("docs/embed.md lists every attribute, event and custom property, and no other", () => {
  assert.deepEqual(rows("Attributes"), [...ATTRIBUTES].sort());
  assert.deepEqual([...LgdlChat.observedAttributes].sort(), [...ATTRIBUTES].sort());
  assert.deepEqual(rows("Events"), [...EVENTS].sort());
  assert.deepEqual(rows("Looks"), [...CSS_PROPERTIES].sort());
});

test("docs/embed.md lists every property and method", () => {
  const inherited = ["constructor", "attributeChangedCallback", "connectedCallback", "disconnectedCallback"];
  const own = Object.getOwnPropertyNames(LgdlChat.prototype).filter((name) => !inherited.includes(name));
  assert.deepEqual(rows("Properties and methods").map((name) => name.replace(/\(.*/, "")), own.sort());
});

test("docs/embed.md lists every part and every word", async () => {
  const sources = await Promise.all(["view", "element"].map((name) => read(`../src/${name}.ts`)));
  const parts = new Set(sources.join("").match(/part: ?"[\w-]+"|"bubble-person" : "bubble"/g).flatMap((found) => found.match(/"[\w-]+"/g)).map((name) => name.slice(1, -1)));
  for (const part of parts) assert.ok(embed.includes(`part(${part})`) || embed.includes(`\`${part}\``), part);
  const words = embed.split(/^## /m).find((part) => part.startsWith("Languages\n")).match(/^`title`[^{]*/m)[0].match(/\w+/g);
  assert.deepEqual(words.sort(), Object.keys(ENGLISH).sort());
});

test("the style sheet reads exactly the custom properties that are promised, and events are exactly those sent", async () => {
  const styles = await read("../src/styles.ts");
  const used = new Set(styles.split("const CSS = `")[1].match(/--lgdl-[a-z-]+/g));
  assert.deepEqual([...used].sort(), [...CSS_PROPERTIES].sort());
  const element = await read("../src/element.ts");
  const sent = new Set([...element.matchAll(/CustomEvent(?:<\w+>)?\(([^)]*?)[,)]/g)].flatMap(([, given]) => given.match(/lgdl-[a-z]+/g)));
  assert.deepEqual([...sent].sort(), [...EVENTS].sort());
});

test("every code of the node has words for a person, in every language", async () => {
  const source = await read("../../../shared/src/problem.rs");
  const codes = [...source.matchAll(/=> \((\d+), "(E\d{3})"/g)];
  assert.ok(codes.length >= 26);
  assert.deepEqual(codes.map(([, , code]) => code).sort(), Object.keys(PROBLEM_TEXTS).sort(), "a code of shared/src/problem.rs without words in src/texts.ts");
  for (const [, status, code] of codes) {
    assert.equal(PROBLEM_TEXTS[code] === "limited", status === "429", code);
    assert.ok(PROBLEM_TEXTS[code] !== "busy" || Number(status) >= 500, code);
  }
  for (const language of LANGUAGES) {
    const texts = textsFor(language);
    assert.deepEqual(Object.keys(texts).sort(), Object.keys(ENGLISH).sort(), language);
    for (const [name, text] of Object.entries(texts)) {
      const holes = (words) => (words.match(/\{\w+\}/g) ?? []).sort().join();
      assert.equal(holes(text), holes(ENGLISH[name]), `${language} ${name}`);
      assert.doesNotMatch(text, /E\d\d\d|https?:|API|HTTP|LGDL/, `${language} ${name}`);
      assert.ok(language === "en" || name === "title" || text !== ENGLISH[name], `${language} ${name} is not translated`);
    }
  }
});

test("codes and statuses that are not known here have words too", () => {
  for (const [code, status, expected] of [["E999", 400, "unavailable"], [undefined, 429, "limited"], ["E998", 502, "busy"], [undefined, null, "busy"]]) {
    assert.equal(problemText(code, status), expected);
  }
});

test("texts follow the language, and a page's own go first", () => {
  assert.equal(textsFor("de-AT").send, "Senden");
  assert.equal(textsFor("xx").send, "Send");
  assert.equal(textsFor("es", { send: "¡Ya!", nonsense: "x", close: 7 }).send, "¡Ya!");
  assert.deepEqual(Object.keys(textsFor("es", { nonsense: "x" })).sort(), Object.keys(ENGLISH).sort());
  assert.equal(filled("{wait} and {other}", { wait: span(61, "de") }), "61 Sekunden and {other}");
  assert.deepEqual([span(1, "en"), span(120, "es"), span(7200, "de"), span(5, "no such tag!")], ["1 second", "2 minutos", "2 Stunden", "5 seconds"]);
});

test("the package carries the licence, and its README names what a production node needs", async () => {
  assert.equal(await read("../LICENSE"), await read("../../../LICENSE"));
  const { files, exports } = JSON.parse(await read("../package.json"));
  assert.ok(files.includes("LICENSE") && files.includes("dist"));
  for (const { default: path } of Object.values(exports)) assert.ok((await readdir(new URL("../dist/", import.meta.url))).includes(path.slice("./dist/".length)));
  const readme = await read("../README.md");
  for (const need of ["LGDL_CORS_ORIGINS", "E312", "--scope turns", "E310", "docs/embed.md"]) assert.ok(readme.includes(need), need);
});

/** What a site's visitors download for the chat, bytes. */
const MAX_GZIPPED = 20 * 1024;

test("the element is small", async () => {
  const size = gzipSync(await readFile(new URL("../../assets/chat/lgdl-chat.js", import.meta.url))).length;
  assert.ok(size <= MAX_GZIPPED, `${size} bytes`);
});

test("what is published is what was built, with licence and documentation, and nothing else", async () => {
  const cwd = new URL("..", import.meta.url);
  const { stdout } = await promisify(execFile)("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd });
  const files = JSON.parse(stdout)[0].files.map((file) => file.path);
  for (const file of ["LICENSE", "README.md", "dist/client.js", "dist/client.d.ts", "dist/element.js", "dist/element.d.ts"]) assert.ok(files.includes(file), file);
  assert.deepEqual(files.filter((file) => !/^(dist\/|LICENSE$|README\.md$|package\.json$)/.test(file)), []);
});
