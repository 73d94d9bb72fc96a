// The element's style sheet. Colours follow the system's light or dark mode (or `theme`), and can be set from outside by the
// custom properties below; what is not set is derived from what is.

/** Custom properties that a page may set: docs/embed.md lists them. */
export const CSS_PROPERTIES = [
  "--lgdl-accent", "--lgdl-on-accent", "--lgdl-header", "--lgdl-on-header", "--lgdl-surface", "--lgdl-text", "--lgdl-muted",
  "--lgdl-edge", "--lgdl-bubble", "--lgdl-on-bubble", "--lgdl-error", "--lgdl-radius", "--lgdl-font", "--lgdl-font-size",
  "--lgdl-width", "--lgdl-height", "--lgdl-offset", "--lgdl-z-index",
] as const;

const CSS = `
:host { display: block; height: 36rem; color-scheme: light dark;
  --accent: var(--lgdl-accent, light-dark(#3b57d4, #9db1ff)); --on-accent: var(--lgdl-on-accent, light-dark(#fff, #0d1433));
  --surface: var(--lgdl-surface, light-dark(#fff, #17181c)); --text: var(--lgdl-text, light-dark(#1a1c22, #e7e8ec));
  --muted: var(--lgdl-muted, light-dark(#5a606c, #a7adb9)); --edge: var(--lgdl-edge, light-dark(#dfe3ea, #34373f));
  --bubble: var(--lgdl-bubble, light-dark(#f0f2f7, #262930)); --on-bubble: var(--lgdl-on-bubble, var(--text));
  --header: var(--lgdl-header, light-dark(var(--accent), #20232a)); --on-header: var(--lgdl-on-header, light-dark(var(--on-accent), #f2f3f6));
  --error: var(--lgdl-error, light-dark(#b3261e, #ffb4ab)); --radius: var(--lgdl-radius, 1.125rem);
  --ink: color-mix(in oklab, var(--accent) 65%, var(--text)); --small: .8125em;
  font: var(--lgdl-font-size, 1rem)/1.45 var(--lgdl-font, system-ui, sans-serif); color: var(--text); text-align: start; }
/* An accent alone is enough: what stands on it becomes white or black, whichever can be read, and where it is ink on the ground it
   becomes dark or light enough. */
@supports (color: oklch(from red l c h)) {
  /* Y is the luminance that contrast is reckoned by; below .179 white is the better of the two. */
  :host { --on-accent: var(--lgdl-on-accent, color(from var(--accent) xyz-d65 clamp(0, (.179 - y) * 1e5, .9505) clamp(0, (.179 - y) * 1e5, 1)
      clamp(0, (.179 - y) * 1e5, 1.089)));
    --ink: light-dark(oklch(from var(--accent) min(l, .5) c h), oklch(from var(--accent) max(l, .78) c h)); } }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([hidden]) { display: none; }
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.icon { width: 1.375em; height: 1.375em; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round;
  display: block; }
button { font: inherit; color: inherit; background: none; border: 0; margin: 0; padding: 0; cursor: pointer; touch-action: manipulation; }
:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }

.panel { height: 100%; display: grid; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr); background: var(--surface);
  border: 1px solid var(--edge); border-radius: var(--radius); overflow: hidden; container: chat / size; }

header { display: flex; align-items: center; gap: .75em; padding: .75em .75em .75em 1em; background: var(--header); color: var(--on-header);
  border-bottom: 1px solid light-dark(transparent, var(--edge)); position: relative; min-width: 0; }
header :focus-visible { outline-color: currentColor; }
.avatar { flex: none; width: 2.5em; height: 2.5em; border-radius: 50%; overflow: hidden; display: grid; place-items: center; font-weight: 600;
  background: color-mix(in oklab, currentColor 18%, transparent); }
.avatar img { width: 100%; height: 100%; object-fit: cover; display: block; }
.names { flex: 1; min-width: 0; }
h2, .sub { margin: 0; overflow: hidden; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow-wrap: anywhere; }
h2 { font-size: 1.0625em; font-weight: 650; line-height: 1.3; }
.sub { font-size: var(--small); line-height: 1.3; }
.sub:empty { display: none; }
.tools { display: flex; gap: .125em; flex: none; }
.tool { width: 2.5em; height: 2.5em; border-radius: 50%; display: grid; place-items: center; flex: none; }
.tool .icon { width: 1.25em; height: 1.25em; }
.tool:hover { background: color-mix(in oklab, currentColor 12%, transparent); }
.tool[aria-pressed="true"] { background: color-mix(in oklab, currentColor 24%, transparent); }
.ask { position: absolute; inset: 100% 0 auto 0; z-index: 2; background: var(--surface); color: var(--text); padding: .875em 1em;
  border-bottom: 1px solid var(--edge); box-shadow: 0 .75em 1.5em #0002; display: flex; flex-wrap: wrap; gap: .75em; align-items: center; }
.ask p { margin: 0; flex: 1 1 14em; }

.body { position: relative; min-height: 0; }
.log { height: 100%; overflow: hidden auto; overscroll-behavior: contain; padding: 1em; outline-offset: -2px; scrollbar-width: thin; }
ol { list-style: none; margin: 0; padding: 0; min-height: 100%; display: flex; flex-direction: column; gap: .25em; }
li { display: flex; flex-direction: column; max-width: min(85%, 36em); }
li.person { align-self: end; align-items: end; }
li.game { align-self: start; align-items: start; }
li.person + li.game, li.game + li.person { margin-top: .625em; }
li.time, li.notice { align-self: center; max-width: 100%; text-align: center; color: var(--muted); font-size: var(--small); padding: .5em 0; }
.text { padding: .5625em .875em; border-radius: var(--radius); overflow-wrap: anywhere; white-space: pre-wrap; border: 1px solid transparent;
  max-width: 100%; }
li.person .text { background: var(--accent); color: var(--on-accent); border-end-end-radius: .3em; }
li.agent .text { border-inline-start: .25em solid var(--ink); }
li .by { display: block; font-size: var(--small); font-weight: 600; color: var(--muted); }
.standing { margin: 0; padding: .4em 1em; font-size: var(--small); color: var(--text); border-block-start: 1px solid var(--bubble); }
li.game .text { background: var(--bubble); color: var(--on-bubble); border-end-start-radius: .3em; }
li.notice .text { padding: 0; }
li.person.waiting .text { background: transparent; color: var(--text); border: 1px dashed var(--ink); }
li.person.refused .text { background: transparent; color: var(--text); border-color: var(--error); }
.text a { color: inherit; text-underline-offset: .15em; }
.text:empty { display: none; }
.aside { font-size: var(--small); color: var(--muted); padding: .25em .25em 0; }
.note { font-size: var(--small); color: var(--muted); display: flex; flex-wrap: wrap; gap: 0 .75em; align-items: center; justify-content: end;
  padding: .25em .25em 0; max-width: 100%; }
.refused .note { color: var(--error); }
.note .icon { width: 1.2em; height: 1.2em; flex: none; }
.note span { display: inline-flex; gap: .35em; align-items: center; text-align: start; }
.note button { min-height: 2.25em; font-weight: 600; color: var(--ink); text-decoration: underline; text-underline-offset: .15em; }

li img { max-width: 100%; max-height: 18em; border-radius: calc(var(--radius) * .75); display: block; margin-top: .375em; }
.instead { margin: .375em 0 0; padding: .75em; border: 1px dashed var(--edge); border-radius: calc(var(--radius) * .75); color: var(--muted); }
.card { margin-top: .375em; width: 20em; max-width: 100%; border: 1px solid var(--edge); border-radius: var(--radius); overflow: hidden;
  display: flex; flex-direction: column; gap: .375em; padding-bottom: .875em; }
.card > :not(img) { margin: 0 1em; overflow-wrap: anywhere; }
.card > :first-child:not(img) { margin-top: .875em; }
.card img { width: 100%; border-radius: 0; margin: 0 0 .375em; object-fit: cover; }
.card-title { font-weight: 650; }
.link { color: var(--ink); font-weight: 600; text-underline-offset: .15em; overflow-wrap: anywhere; padding: .25em 0; }

.choices { display: flex; flex-wrap: wrap; gap: .5em; align-self: stretch; margin-top: .5em; max-width: none; }
.choices button { min-height: 2.5em; padding: .375em 1em; border-radius: 1.25em; border: 1px solid color-mix(in oklab, var(--ink) 60%, transparent);
  color: var(--ink); background: var(--surface); text-align: start; overflow-wrap: anywhere; max-width: 100%; }
.choices button:hover { background: color-mix(in oklab, var(--accent) 12%, var(--surface)); }
li:has(+ .choices-item) .listed { display: none; }
.choices .more { border-style: dashed; }

.typing { align-self: start; background: var(--bubble); border-radius: var(--radius); border-end-start-radius: .3em; padding: .9em 1em;
  margin-top: .625em; flex-direction: row; gap: .3em; }
.dot { width: .45em; height: .45em; border-radius: 50%; background: var(--muted); }
.jump { position: absolute; inset-block-end: .75em; inset-inline: 0; margin-inline: auto; width: max-content; max-width: 90%; display: flex;
  gap: .4em; align-items: center; padding: .4em .9em; border-radius: 1.25em; background: var(--accent); color: var(--on-accent);
  box-shadow: 0 .25em .75em #0003; font-size: var(--small); }
.jump .icon { width: 1.1em; height: 1.1em; }

form { display: flex; flex-wrap: wrap; gap: .375em; align-items: end; padding: .625em .75em; border-top: 1px solid var(--edge); min-width: 0;
  padding-bottom: max(.625em, env(safe-area-inset-bottom)); }
.field { flex: 1; min-width: 0; display: flex; align-items: end; border: 1px solid color-mix(in oklab, var(--muted) 70%, transparent);
  border-radius: calc(var(--radius) * 1.1); background: var(--surface); }
.field:focus-within { border-color: var(--ink); box-shadow: 0 0 0 1px var(--ink); }
textarea { flex: 1; min-width: 0; resize: none; font: inherit; font-size: max(1em, 16px); line-height: 1.4; color: inherit; background: none; border: 0;
  padding: .5em .875em; margin: 0; display: block; max-height: min(8.5em, 30cqh); overflow-y: auto; scrollbar-width: thin; }
textarea:focus-visible { outline: 0; }
textarea::placeholder { color: var(--muted); opacity: 1; }
form .tool { width: 2.75em; height: 2.75em; color: var(--muted); }
form .send { background: var(--accent); color: var(--on-accent); }
form .send:hover { background: color-mix(in oklab, var(--accent) 88%, var(--text)); }
form .send[aria-disabled="true"] { background: var(--bubble); color: var(--muted); cursor: default; }
form .tool[aria-pressed="true"] { color: var(--on-accent); background: var(--accent); }
.field .tool { width: 2.5em; height: 2.5em; }
.icon-send:dir(rtl) { transform: scaleX(-1); }
.left { flex: 1 0 100%; margin: 0; font-size: var(--small); color: var(--muted); padding-inline: .5em; text-align: end; }
.left.over { color: var(--error); text-align: start; }
.small { padding: .5em 1em; border-radius: 1.25em; border: 1px solid var(--edge); }
.small.primary { background: var(--accent); color: var(--on-accent); border-color: transparent; }

@container chat (height < 24rem) {
  header { padding-block: .375em; } .avatar { width: 2em; height: 2em; } .sub { display: none; } .log { padding-block: .625em; }
  form { padding-block: .375em; } }
@container chat (height < 14rem) { .avatar { display: none; } }
@container chat (width < 19rem) { .avatar { display: none; } header { gap: .375em; } .tool { width: 2.25em; } }

:host([launcher]) { position: fixed; inset-block-end: var(--lgdl-offset, 1.25rem); inset-inline-end: var(--lgdl-offset, 1.25rem);
  height: auto; z-index: var(--lgdl-z-index, 2147483000); }
:host([launcher]) .panel { position: absolute; inset-block-end: 4.5rem; inset-inline-end: 0; width: min(var(--lgdl-width, 24rem), calc(100vw - 2 * var(--lgdl-offset, 1.25rem)));
  height: min(var(--lgdl-height, 40rem), calc(100dvh - 4.5rem - 2 * var(--lgdl-offset, 1.25rem))); box-shadow: 0 1rem 3rem #00000038, 0 .125rem .5rem #0000001f; }
:host([launcher]:not([open])) .panel { display: none; }
.launcher { display: none; }
:host([launcher]) .launcher { width: 3.5rem; height: 3.5rem; border-radius: 50%; display: grid; place-items: center; position: relative;
  background: var(--accent); color: var(--on-accent); box-shadow: 0 .375rem 1.25rem #0000003d; }
.launcher .icon { width: 1.75rem; height: 1.75rem; }
.launcher:hover { background: color-mix(in oklab, var(--accent) 88%, var(--text)); }
.launcher .icon-down, :host([open]) .launcher .icon-chat { display: none; }
:host([open]) .launcher .icon-down { display: block; }
.badge { position: absolute; inset-block-start: -.25rem; inset-inline-end: -.25rem; min-width: 1.375rem; height: 1.375rem; padding: 0 .3rem;
  border-radius: .75rem; display: grid; place-items: center; font-size: .75rem; font-weight: 700; background: #c5221f; color: #fff;
  border: 2px solid var(--surface); }
:host(:not([launcher])) .close { display: none; }
@media (max-width: 30rem), (max-height: 26rem) {
  :host([launcher][open]) { inset: 0; }
  :host([launcher][open]) .launcher { display: none; }
  :host([launcher]) .panel { position: fixed; inset: 0 0 auto 0; width: 100%; height: var(--visible, 100dvh); border: 0; border-radius: 0; box-shadow: none; }
  :host([launcher]) header { padding-top: max(.75em, env(safe-area-inset-top)); } }
@media (forced-colors: active) {
  .text, .typing, .send, .launcher, .jump { border: 1px solid CanvasText; } .dot { background: CanvasText; } }
@media (prefers-reduced-motion: no-preference) {
  .log { scroll-behavior: smooth; }
  .tool, .launcher, .choices button { transition: background-color .15s, transform .15s; }
  .launcher:active, .send:active { transform: scale(.94); }
  .fresh { animation: rise .22s ease-out; }
  :host([launcher][open]) .panel { animation: rise .2s ease-out; transform-origin: bottom; }
  .dot { animation: nod 1.2s infinite ease-in-out; } .dot:nth-of-type(2) { animation-delay: .15s; } .dot:nth-of-type(3) { animation-delay: .3s; } }
@keyframes rise { from { opacity: 0; transform: translateY(.5rem); } }
@keyframes nod { 0%, 60%, 100% { opacity: .35; transform: none; } 30% { opacity: 1; transform: translateY(-.2em); } }
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
