// What is kept of a conversation in the browser: by several tabs at once, whose views of the storage may lag, and no longer than it may be.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox } from "../dist/outbox.js";
import { Transcript, answerKey } from "../dist/transcript.js";

/** A storage as one tab sees it: `sync` brings what is really there. */
function tabs() {
  let real = new Map();
  const tab = () => {
    let seen = new Map();
    return {
      getItem: (key) => seen.get(key) ?? null,
      setItem: (key, value) => (seen.set(key, value), real.set(key, value)),
      removeItem: (key) => (seen.delete(key), real.delete(key)),
      sync: () => (seen = new Map(real)),
    };
  };
  return { tab, real: () => real };
}

const line = (key, text, at, from = "person") => ({ key, from, text, at });
const keys = (transcript) => transcript.lines.map(({ key }) => key);

test("two tabs that write at once lose no line, and agree in the end", () => {
  const storage = tabs();
  const [one, two] = [storage.tab(), storage.tab()];
  const [first, second] = [new Transcript(one, "t", "c"), new Transcript(two, "t", "c")];
  first.put(line("a", "hello", 1));
  second.put(line("b", "menu", 2)); // does not see the other's line yet
  second.put(line(answerKey("b"), "Here it is.", 3, "game"));
  first.put(line(answerKey("a"), "Hello!", 4, "game")); // nor this one
  for (let round = 0; round < 3; round += 1) {
    one.sync();
    first.reload();
    two.sync();
    second.reload();
  }
  const all = ["a", answerKey("a"), "b", answerKey("b")];
  assert.deepEqual(keys(first).sort(), [...all].sort());
  assert.deepEqual(keys(second), keys(first));
  one.sync();
  assert.deepEqual(keys(new Transcript(one, "t", "c")), keys(first), "and so it is after a reload");
  assert.ok(keys(first).indexOf(answerKey("b")) === keys(first).indexOf("b") + 1);
});

test("a line that one tab removes is gone in all of them", () => {
  const storage = tabs();
  const [one, two] = [storage.tab(), storage.tab()];
  const first = new Transcript(one, "t", "c");
  first.put(line("a", "hello", 1));
  two.sync();
  const second = new Transcript(two, "t", "c");
  first.remove("a");
  second.put(line("b", "menu", 2)); // has not heard of it
  for (const [tab, transcript] of [[one, first], [two, second], [one, first], [two, second]]) {
    tab.sync();
    transcript.reload();
  }
  assert.deepEqual([keys(first), keys(second)], [["b"], ["b"]]);
  assert.doesNotMatch(storage.real().get("t"), /hello/);
});

test("what is cleared is gone from the storage at once, and another conversation's lines do not stay", () => {
  const storage = tabs();
  const tab = storage.tab();
  const transcript = new Transcript(tab, "t", "old");
  transcript.put(line("a", "a secret", 1));
  transcript.clear();
  assert.equal(storage.real().size, 0);
  assert.deepEqual(keys(transcript), []);
  new Transcript(tab, "t", "old").put(line("a", "a secret", 1));
  assert.deepEqual(keys(new Transcript(tab, "t", "new")), []);
  assert.equal(storage.real().size, 0, "a tab that had not heard of it wrote once more: the next one takes it away");
});

test("turns of two tabs that wait for an answer outlive both, and none comes back that has one", () => {
  const storage = tabs();
  const [one, two] = [storage.tab(), storage.tab()];
  const [first, second] = [new Outbox(one, "p"), new Outbox(two, "p")];
  const turn = (key) => ({ key, input: key, body: "{}" });
  first.add(turn("a"));
  second.add(turn("b")); // does not see the other's turn yet
  const settle = () => {
    for (let round = 0; round < 3; round += 1) for (const [tab, outbox] of [[one, first], [two, second]]) tab.sync(), outbox.restore();
    const later = storage.tab();
    later.sync();
    return new Outbox(later, "p").list().map(({ key }) => key).sort();
  };
  assert.deepEqual(settle(), ["a", "b"]);
  first.remove("a");
  second.add(turn("c")); // nor that it was answered
  assert.deepEqual(settle(), ["b", "c"]);
  second.remove("b");
  second.remove("c");
  assert.deepEqual(settle(), []);
});
