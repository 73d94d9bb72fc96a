// How long the Worker takes to start under workerd: compiling its module, and evaluating it, which makes the instance and runs
// what it does before the first request. `cargo xtask worker && node bench/startup.mjs [RUNS]`, on Linux.
//
// Clocks inside workerd stand still while it computes, so everything is told from outside, each run in a process of its own:
// - compiled: the time that workerd takes to its first answer, with our module beside a small Worker and without.
// - evaluated: a request has the small Worker import ours; the same with an empty module is taken off.
// - answered: our Worker's first answer (GET /health/live); the second is taken off. No part of the start: what V8 compiles
//   only when it is used.
// Each as time that passed, and as time that workerd's threads were computing, which other work on the machine hardly changes.
import { readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname;
const { Miniflare } = createRequire(join(root, "tests/workers/package.json"))("miniflare");
const build = process.env.LGDL_WORKER ?? join(root, "edge/build");
const RUNS = Number(process.argv[2] ?? 15);

const LOADER = `
import "./none.js";
export default {
  async fetch(request, env, context) {
    const { pathname } = new URL(request.url);
    if (pathname === "/health/live") return new (await import("./index.js")).default(context, env).fetch(request);
    if (pathname === "/empty") await import("./empty.js");
    if (pathname === "/worker") await import("./index.js");
    return new Response(pathname);
  }
}`;
const none = { type: "ESModule", path: "none.js", contents: "" };
const loader = { type: "ESModule", path: "loader.js", contents: LOADER };
const empty = { type: "ESModule", path: "empty.js", contents: "export default {}" };
const ours = [
  { type: "ESModule", path: "index.js", contents: await readFile(join(build, "index.js"), "utf8") },
  { type: "CompiledWasm", path: "index_bg.wasm", contents: await readFile(join(build, "index_bg.wasm")) },
];

/** The workerd that this process has started. */
async function workerd() {
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    const [, name, parent] = /\((.*)\) \S (\d+)/.exec(stat) ?? [];
    if (name === "workerd" && Number(parent) === process.pid) return pid;
  }
  throw new Error("no workerd was started");
}

/** Milliseconds that the threads of a process have computed. */
async function computed(pid) {
  const threads = await readdir(`/proc/${pid}/task`);
  const times = threads.map(async (thread) => {
    const schedule = await readFile(`/proc/${pid}/task/${thread}/schedstat`, "utf8").catch(() => "0");
    return Number(schedule.split(" ")[0]);
  });
  return (await Promise.all(times)).reduce((sum, time) => sum + time, 0) / 1e6;
}

/** One workerd: until its first answer, and for each import. */
async function start(modules) {
  const from = performance.now();
  const node = new Miniflare({ host: "127.0.0.1", port: 0, cf: false, compatibilityDate: "2026-03-01", modulesRoot: "/", modules });
  try {
    const url = await node.ready;
    const get = async (path) => {
      const answer = await fetch(new URL(path, url));
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    };
    await get("/");
    const pid = await workerd();
    const first = { passed: performance.now() - from, computed: await computed(pid) };
    const timed = async (path) => {
      for (let n = 0; n < 5; n += 1) await get("/");
      const [before, begun] = [await computed(pid), performance.now()];
      await get(path);
      const passed = performance.now() - begun;
      return { passed, computed: (await computed(pid)) - before };
    };
    const times = { first, none: await timed("/empty") };
    if (!modules.includes(ours[0])) return times;
    return { ...times, worker: await timed("/worker"), answer: await timed("/health/live"), again: await timed("/health/live") };
  } finally {
    await node.dispose();
  }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const small = [loader, none, empty];
const runs = [];
await start(small);
for (let n = 0; n < RUNS; n += 1) {
  // Turn about, so that a slow moment of the machine is shared.
  runs.push({ without: await start(small), having: await start([...small, ...ours]) });
}
const show = (what, of) => {
  const [passed, computed] = ["passed", "computed"].map((kind) => runs.map((run) => of(run, kind)));
  const told = (numbers) => `${median(numbers).toFixed(1)} ms (least ${Math.min(...numbers).toFixed(1)})`;
  console.log(`${what.padEnd(10)} computed ${told(computed)}, passed ${told(passed)}`);
};
console.log(`medians of ${RUNS} runs, ${ours[1].contents.length} bytes of wasm`);
show("compiled", (run, kind) => run.having.first[kind] - run.without.first[kind]);
show("evaluated", (run, kind) => run.having.worker[kind] - run.having.none[kind]);
show("answered", (run, kind) => run.having.answer[kind] - run.having.again[kind]);
