// Bundles the chat page's script and the element for pages that take it by one <script>. Both are checked in, so that
// the Rust build needs no Node; the tests build them again and compare.
import { build } from "esbuild";

const common = { bundle: true, format: "esm", target: "es2022", charset: "utf8", legalComments: "none", minify: true };
await build({ ...common, entryPoints: ["src/page.ts"], outfile: "../assets/chat/chat.js" });
await build({ ...common, entryPoints: ["src/element.ts"], outfile: "../assets/chat/lgdl-chat.js" });
