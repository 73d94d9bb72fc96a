// Pictures, cards and links beside a text. What a game attaches is data: it is shown as text, and only addresses that may be
// followed are. Kinds that are not known here are left out, since the text alone makes sense.

import { LINK_SCHEMES, anchor, make, safeUrl } from "./dom.js";
import type { Attachment, Choice } from "./wire.js";

/** Attachments that one answer shows at most. */
export const MAX_ATTACHMENTS = 10;

/** What can be shown of an answer's attachments. */
export function attached(attachments: unknown, newTab: string): HTMLElement[] {
  if (!Array.isArray(attachments)) return [];
  const shown = attachments.slice(0, MAX_ATTACHMENTS).map((one: Attachment | null) => attachment(one ?? {}, newTab));
  return shown.filter((element) => element !== null);
}

function attachment(one: Attachment, newTab: string): HTMLElement | null {
  if (isText(one.image)) return picture(one.image, one.alt);
  if (typeof one.card === "object" && one.card !== null) return card(one.card, newTab);
  if (isText(one.link)) return link(one.link, one.title, newTab);
  return null;
}

function picture(address: string, alt: unknown): HTMLElement | null {
  const described = isText(alt) ? alt : "";
  // A page that came encrypted must not load pictures that did not.
  const url = safeUrl(address, location.protocol === "https:" ? ["https:"] : ["https:", "http:"]);
  const instead = () => (described === "" ? null : make("p", { class: "instead", dir: "auto" }, described));
  if (url === null) return instead();
  const image = make("img", { src: url, alt: described, loading: "lazy", decoding: "async", referrerpolicy: "no-referrer" });
  image.addEventListener("error", () => image.replaceWith(instead() ?? ""), { once: true });
  return image;
}

function card(card: NonNullable<Attachment["card"]>, newTab: string): HTMLElement | null {
  const parts: HTMLElement[] = [];
  const shown = isText(card.image) ? picture(card.image, card.alt) : null;
  if (shown !== null) parts.push(shown);
  if (isText(card.title)) parts.push(make("p", { class: "card-title", dir: "auto" }, card.title));
  if (isText(card.text)) parts.push(make("p", { dir: "auto" }, card.text));
  const follow = isText(card.link) ? link(card.link, undefined, newTab) : null;
  if (follow !== null) parts.push(follow);
  return parts.length === 0 ? null : make("div", { class: "card" }, ...parts);
}

function link(address: string, title: unknown, newTab: string): HTMLElement | null {
  const url = safeUrl(address, LINK_SCHEMES);
  return url === null ? null : anchor(url, isText(title) ? title : readable(url), newTab, { class: "link" });
}

/** An address as a person reads it: without scheme and without what only machines need. */
function readable(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return protocol.startsWith("http") ? `${host}${pathname === "/" ? "" : pathname}` : pathname;
}

const isText = (value: unknown): value is string => typeof value === "string" && value.trim() !== "";

/** What a choice shows and what it says. Anything else offered is left out. */
export function choicesOf(choices: unknown): { label: string; value: string }[] {
  if (!Array.isArray(choices)) return [];
  return choices.flatMap((choice: Choice | null) => {
    if (isText(choice)) return [{ label: choice, value: choice }];
    if (typeof choice === "object" && isText(choice?.label)) {
      return [{ label: choice.label, value: isText(choice.value) ? choice.value : choice.label }];
    }
    return [];
  });
}
