// What is kept of a conversation in the browser: by several tabs at once, whose views of the storage may lag, and no longer than it may be.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox } from "../dist/outbox.js";
import { Transcript, answerKey } from "../dist/transcript.js";
import { tabs } from "./storage.mjs";

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

const turn = (key) => ({ key, input: key, body: JSON.stringify({ conversation_id: "c" }) });
const outbox = (tab) => new Outbox(tab, "p", "c", () => true);

test("turns of two tabs that wait for an answer outlive both, and none comes back that has one", () => {
  const storage = tabs();
  const [one, two] = [storage.tab(), storage.tab()];
  const [first, second] = [outbox(one), outbox(two)];
  first.add(turn("a"));
  second.add(turn("b")); // does not see the other's turn yet
  const settle = () => {
    for (let round = 0; round < 3; round += 1) for (const [tab, outbox] of [[one, first], [two, second]]) tab.sync(), outbox.restore();
    const later = storage.tab();
    later.sync();
    return outbox(later).list().map(({ key }) => key).sort();
  };
  assert.deepEqual(settle(), ["a", "b"]);
  first.remove("a");
  second.add(turn("c")); // nor that it was answered
  assert.deepEqual(settle(), ["b", "c"]);
  second.remove("b");
  second.remove("c");
  assert.deepEqual(settle(), []);
});

test("a turn that one tab was answered is told to the others once, and they tell it to nobody", () => {
  const storage = tabs();
  const [one, two] = [storage.tab(), storage.tab()];
  const [first, second] = [outbox(one), outbox(two)];
  second.add(turn("a"));
  one.sync();
  assert.deepEqual(first.list().map(({ key }) => key), ["a"]);
  first.remove("a");
  const before = storage.writes();
  for (let round = 0; round < 5; round += 1) for (const [tab, box] of [[two, second], [one, first]]) tab.sync(), box.restore();
  assert.equal(storage.writes(), before);
  assert.deepEqual([first.list(), second.list()], [[], []]);
});

test("a tab that slept while many turns were answered learns of each, and then it is quiet", () => {
  const storage = tabs();
  const [one, two] = [storage.tab(), storage.tab()];
  const [first, second] = [outbox(one), outbox(two)];
  const all = Array.from({ length: 120 }, (_, index) => `t${index}`);
  for (const key of all) second.add(turn(key));
  one.sync();
  for (const key of all) first.remove(key);
  for (let round = 0; round < 5; round += 1) for (const [tab, box] of [[two, second], [one, first]]) tab.sync(), box.restore();
  const before = storage.writes();
  for (const [tab, box] of [[two, second], [one, first]]) tab.sync(), box.restore();
  assert.equal(storage.writes(), before);
  assert.deepEqual([first.list(), second.list()], [[], []]);
});
