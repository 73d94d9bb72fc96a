// Runs the built Worker under workerd, with real KV, a real Durable Object and a real rate-limit binding, until standard input
// closes. Takes one line of JSON on standard input: {"build": FOLDER, "state": FOLDER, "variables": {…}}; prints the address.
// Prints the keys in KV, as JSON, for each further line.
import { createInterface } from "node:readline";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Miniflare } from "miniflare";

const lines = createInterface({ input: process.stdin });
const { value } = await lines[Symbol.asyncIterator]().next();
const { build, state, variables } = JSON.parse(value);

const node = new Miniflare({
  host: "127.0.0.1",
  port: 0,
  cf: false,
  modules: [
    { type: "ESModule", path: join(build, "index.js"), contents: await readFile(join(build, "index.js"), "utf8") },
    { type: "CompiledWasm", path: join(build, "index_bg.wasm"), contents: await readFile(join(build, "index_bg.wasm")) },
  ],
  modulesRoot: build,
  compatibilityDate: "2026-03-01",
  bindings: variables,
  kvNamespaces: ["STATE"],
  kvPersist: join(state, "kv"),
  durableObjects: { NODE: { className: "NodeObject", useSQLite: true } },
  durableObjectsPersist: join(state, "objects"),
  ratelimits: { SHIELD: { namespace_id: "1001", simple: { limit: 100000, period: 60 } } },
  unsafeTriggerHandlers: true,
});
console.log(JSON.stringify({ url: (await node.ready).origin }));

lines.on("line", async () => {
  const stored = await (await node.getKVNamespace("STATE")).list();
  console.log(JSON.stringify(stored.keys.map((key) => key.name)));
});
lines.on("close", async () => {
  await node.dispose();
  process.exit(0);
});
process.on("SIGTERM", async () => {
  await node.dispose();
  process.exit(0);
});
