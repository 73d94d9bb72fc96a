// Bundles the chat page's script and the element for pages that take it by one <script>. Both are checked in, so that
// the Rust build needs no Node; `--check` writes nothing and fails where what is checked in is not what would be built.
import { copyFile, readFile } from "node:fs/promises";
import { build } from "esbuild";

const BUNDLES = [
  ["src/page.ts", "../assets/chat/chat.js"],
  ["src/element.ts", "../assets/chat/lgdl-chat.js"],
];
const common = { bundle: true, format: "esm", target: "es2022", charset: "utf8", legalComments: "none", minify: true };
const check = process.argv.includes("--check");

for (const [entry, outfile] of BUNDLES) {
  const { outputFiles } = await build({ ...common, entryPoints: [entry], outfile, write: !check });
  if (check && !Buffer.from(outputFiles[0].contents).equals(await readFile(outfile).catch(() => Buffer.of()))) {
    console.error(`${outfile} is not what ${entry} builds: npm run build`);
    process.exitCode = 1;
  }
}

// The package carries the page that tells how to embed the element.
if (!check) await copyFile("../../docs/embed.md", "dist/embed.md");
