// What the developer of the page reads in the console when the chat does not work: which setting is wrong, and where.
// The person who chats reads none of it.

import type { LgdlError } from "./client.js";

/** How long a look at the node may take, milliseconds. */
const LOOK_MS = 5_000;

/** By code: what to change. */
const HINTS: Readonly<Record<string, string>> = {
  E226: "there is nothing at that address: `base-url` must name an edge node (GET {base}/healthz answers)",
  E227: "the node has no such game: `lgdl games list` shows them, or GET {base}/games with a credential; `game` takes the id",
  E310: "the node asks for a credential: set `api-key` (a key of scope `turns`) or `token-url`; an expired token is renewed through `token-url` or `token`",
  E311: "the credential does not allow this: a key needs the scope `turns`, and with tokens `user-id` must be the token's `sub`",
  E312: "the node does not take requests from this page: its LGDL_CORS_ORIGINS must list {origin}",
  E322: "the person or the API key was blocked: `lgdl blocked` shows who and why, `lgdl unblock` lets them in again",
  E901: "the game's policy asks for consent: the site asks for it and records it (docs/embed.md, \"Consent\")",
};

/** Says why, once for each reason. `base` is the node's address. */
export async function explain(error: LgdlError, base: string, told: Set<string>): Promise<void> {
  const why = error.problem?.code ?? error.failure;
  if (told.has(why)) return;
  told.add(why);
  const { origin } = location;
  const node = base === "" ? origin : base;
  const hint = error.failure === "unreachable" ? await network(node, origin) : hintFor(error);
  if (hint === undefined) return;
  const code = error.problem === null ? "" : `${error.problem.code} `;
  const detail = hint.replaceAll("{base}", node).replaceAll("{origin}", origin);
  console.error(`lgdl-chat: ${code}${detail}. See docs/embed.md, "When it does not work".`);
}

function hintFor(error: LgdlError): string | undefined {
  if (error.failure === "token") return error.message;
  if (error.problem?.code !== undefined) return HINTS[error.problem.code];
  const foreign = error.failure === "cut" || (error.failure === "refused" && error.status !== null);
  return foreign ? `{base} does not answer as an edge node does: \`base-url\` must name one (GET {base}/healthz answers)` : undefined;
}

/** A browser does not say why a request failed; whether the node is there at all can be found out. */
async function network(node: string, origin: string): Promise<string | undefined> {
  if (!navigator.onLine) return undefined;
  if (new URL(node, location.href).origin === origin) return `the node at ${node} can't be reached`;
  try {
    await fetch(`${node.replace(/\/+$/, "")}/health/live`, { mode: "no-cors", signal: AbortSignal.timeout(LOOK_MS) });
  } catch {
    return `the node at ${node} can't be reached (or the page's content security policy lacks it in connect-src)`;
  }
  return `E312: the node at ${node} is there and does not take requests from this page: its LGDL_CORS_ORIGINS must list ${origin}`;
}
