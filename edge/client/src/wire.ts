// What an LGDL Edge node sends and takes. Field names are those of its HTTP interface.

/** The answer to a turn. */
export interface MoveResponse {
  /** The move that answered; `none` when nothing matched. */
  move_id: string;
  /** In [0, 1]. */
  confidence: number;
  /** The text to show. */
  response: string;
  /** The function of the last capability call. */
  action: string | null;
  /** The id of the turn's record. */
  manifest_id: string;
  /** Milliseconds spent at the edge. */
  latency_ms: number;
  firewall_triggered: boolean;
  stage: string;
  /** Whether the turn is committed at the origin. */
  durable: boolean;
  /** From 1. */
  turn: number;
  game_version: string;
  awaiting_slot?: string;
  slots_filled?: boolean;
  slots?: Record<string, unknown>;
  /** Choices offered: what is shown is what is said, unless a choice has a value of its own. */
  choices?: Choice[];
  /** What was heard beside `move_id`, and what became of it. */
  also?: Also[];
  /** Pictures, cards, links and what only the page understands. */
  attachments?: Attachment[];
  negotiation?: Negotiation;
  escalated_to?: string;
  /** The hand-over that is open after the turn, or ended with it. */
  handover?: { queue: string; stage: "waiting" | "with" | "returned" | "timed_out"; since_ms: number; patience_ms?: number; urgent?: boolean };
  /** The degradation level, when the node is cut off from its origin. */
  degraded?: string;
  /** On development nodes, when asked for. */
  explanation?: Explanation;
}

/** What was said after a turn, and who is there. */
export interface Messages {
  messages: Message[];
  /** The last turn that was looked at. */
  turn: number;
  handover?: HandoverNow;
}

export interface Message {
  turn: number;
  /** Milliseconds since 1970. */
  at_ms: number;
  from: "person" | "game" | "agent";
  text: string;
  choices?: string[];
}

/** The hand-over that is open. */
export interface HandoverNow {
  queue: string;
  stage: "waiting" | "with";
  /** The place in the queue, from 1. */
  place?: number;
  /** Who is there. */
  agent?: string;
  /** Whether they are typing just now. */
  typing?: boolean;
}

/** Something that happened, in the place of something said. */
export interface TurnEvent {
  name: string;
  value?: unknown;
}

export type Choice = string | { label: string; value: string };

export interface Also {
  move_id: string;
  confidence: number;
  /** Answered in the same response, waiting in line, or gone on with. */
  state: "answered" | "waiting" | "resumed";
}

/** One of these by its field; what a client does not know it leaves out, since the text alone makes sense. */
export interface Attachment {
  image?: string;
  alt?: string;
  card?: { title?: string; text?: string; image?: string; alt?: string; link?: string };
  link?: string;
  title?: string;
  payload?: unknown;
}

export interface Negotiation {
  enabled: boolean;
  rounds: { n: number; q: string; a: string; before: number; after: number; delta: number }[];
  final_confidence: number;
  reason: string;
}

export interface Explanation {
  reading: string;
  candidates: { move_id: string; pattern: string; score: number; threshold: number }[];
  slots: [name: string, value: unknown, source: string][];
  blocks: number[];
}

/** An RFC 9457 problem document with the LGDL code. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  request_id: string;
}

export interface GameEntry {
  id: string;
  name: string;
  version: string;
  file_hash: string;
}
