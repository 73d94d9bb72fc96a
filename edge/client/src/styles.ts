// The element's style sheet. Colours follow the system's light or dark mode and can be set from outside by custom properties.

const CSS = `
:host { display: flex; flex-direction: column; min-height: 20rem; color-scheme: light dark;
  --accent: var(--lgdl-accent, light-dark(#0b57d0, #a8c7fa)); --on-accent: var(--lgdl-on-accent, light-dark(#fff, #062e6f));
  --surface: var(--lgdl-surface, light-dark(#fff, #1b1c1f)); --text: var(--lgdl-text, light-dark(#1b1c1f, #e3e3e6));
  --bubble: light-dark(#eef1f6, #2b2d31); --muted: light-dark(#565b63, #a6abb3); --edge: light-dark(#c9ced6, #44474d);
  background: var(--surface); color: var(--text); font: 1rem/1.45 system-ui, sans-serif; border: 1px solid var(--edge);
  border-radius: .75rem; overflow: hidden; }
header { display: flex; gap: .5rem; align-items: center; justify-content: space-between; padding: .5rem .75rem;
  border-bottom: 1px solid var(--edge); }
h2 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
.tools { display: flex; gap: .5rem; flex-wrap: wrap; justify-content: end; }
ol { flex: 1; overflow-y: auto; list-style: none; margin: 0; padding: .75rem; display: flex; flex-direction: column; gap: .5rem;
  min-height: 8rem; }
li { max-width: 85%; padding: .5rem .75rem; border-radius: .75rem; overflow-wrap: anywhere; white-space: pre-wrap; }
li.person { align-self: end; background: var(--accent); color: var(--on-accent); }
li.game { align-self: start; background: var(--bubble); }
li.game .text:empty::before { content: "…"; }
.who { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.choices { display: flex; flex-wrap: wrap; gap: .5rem; padding: 0 .75rem; }
.choices:not(:empty) { padding-bottom: .5rem; }
.hint, .status { margin: 0; padding: 0 .75rem; color: var(--muted); font-size: .875rem; }
.hint:not(:empty), .status:not(:empty) { padding-bottom: .5rem; }
form { display: flex; gap: .5rem; padding: .75rem; border-top: 1px solid var(--edge); align-items: end; }
textarea { flex: 1; min-width: 0; resize: none; font: inherit; color: inherit; background: transparent; padding: .5rem .75rem;
  border: 1px solid var(--edge); border-radius: .75rem; max-height: 10rem; }
button { font: inherit; min-height: 2.5rem; padding: .25rem .9rem; border-radius: 1.25rem; border: 1px solid var(--accent);
  background: transparent; color: var(--accent); cursor: pointer; }
button.send, button[aria-pressed="true"] { background: var(--accent); color: var(--on-accent); }
button.quiet { border-color: var(--edge); color: var(--text); font-size: .875rem; min-height: 2.25rem; }
button.quiet[aria-pressed="true"] { color: var(--on-accent); }
button:disabled { opacity: .5; cursor: default; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
@media (prefers-reduced-motion: no-preference) { ol { scroll-behavior: smooth; } }
`;

let sheet: CSSStyleSheet | undefined;

/** One sheet for all elements of a page. A constructed sheet needs no exception in a content security policy. */
export function styles(): CSSStyleSheet {
  if (sheet === undefined) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  return sheet;
}
