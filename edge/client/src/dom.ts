// Making nodes: elements, icons, and texts whose links can be followed. Nothing here ever parses markup.

/** An element with attributes and text. */
export function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Strokes on a field of 24 by 24. */
const ICONS = {
  send: "M5 12h13M12 5l7 7-7 7",
  close: "M6 6l12 12M18 6L6 18",
  restart: "M4 5v5h5M4.6 10a8 8 0 1 1-.5 4",
  speaker: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11",
  microphone: "M12 3.5a2.5 2.5 0 0 1 2.5 2.5v5a2.5 2.5 0 0 1-5 0V6A2.5 2.5 0 0 1 12 3.5zM6 11a6 6 0 0 0 12 0M12 17v3.5",
  chat: "M20 11.5a7.5 7.5 0 0 1-7.8 7.5c-1.3 0-2.5-.3-3.6-.8L4 19.5l1.3-4a7.2 7.2 0 0 1-1-3.9A7.6 7.6 0 0 1 12.2 4 7.6 7.6 0 0 1 20 11.5z",
  down: "M6 9.5l6 6 6-6",
  alert: "M12 7.5v5.5M12 16.5v.1M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17z",
} as const;

/** A drawing that says nothing to a screen reader: its button has a name. */
export function icon(name: keyof typeof ICONS): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  for (const [key, value] of [["viewBox", "0 0 24 24"], ["aria-hidden", "true"], ["class", `icon icon-${name}`]] as const) {
    svg.setAttribute(key, value);
  }
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button that shows an icon and is named by a text that can change. */
export function iconButton(name: keyof typeof ICONS, attributes: Record<string, string> = {}): HTMLButtonElement {
  return make("button", { type: "button", class: "tool", ...attributes }, icon(name));
}

/** Names an icon button, for screen readers and as a tooltip. */
export function named(button: HTMLElement, text: string): void {
  button.setAttribute("aria-label", text);
  button.title = text;
}

const LINK = /https?:\/\/[^\s<>"'`]+/giu;
/** Punctuation behind an address belongs to the sentence around it. */
const TRAILING = /[.,;:!?…。！？)\]}»”’]+$/u;

/** The text with its web addresses as links. */
export function linked(text: string, newTab: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    const address = withoutTrailing(found[0]);
    const url = safeUrl(address, LINK_SCHEMES);
    if (url === null) continue;
    fragment.append(text.slice(from, found.index), anchor(url, address, newTab));
    from = found.index + address.length;
  }
  fragment.append(text.slice(from));
  return fragment;
}

function withoutTrailing(address: string): string {
  let cut = address.replace(TRAILING, "");
  // A closing bracket stays where its opening one is part of the address.
  while (address[cut.length] === ")" && count(cut, "(") > count(cut, ")")) cut += ")";
  return cut;
}

const count = (text: string, character: string): number => text.split(character).length - 1;

/** A link that opens beside the page and tells the other site nothing. */
export function anchor(url: string, text: string, newTab: string, attributes: Record<string, string> = {}): HTMLAnchorElement {
  const outward = { target: "_blank", rel: "noopener noreferrer nofollow", title: newTab };
  return make("a", { href: url, ...(url.startsWith("http") ? outward : {}), ...attributes }, text);
}

/** Schemes that a link may have. */
export const LINK_SCHEMES: readonly string[] = ["https:", "http:", "mailto:", "tel:"];

/** An address that may be shown or followed, or `null`: scripts and data are none. */
export function safeUrl(address: string, schemes: readonly string[]): string | null {
  try {
    const url = new URL(address, document.baseURI);
    return schemes.includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
