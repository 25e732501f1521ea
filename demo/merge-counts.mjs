// The last task of the demo: adds up what the others counted.
// usage: node merge-counts.mjs <folder of results> <file to write>
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder, output] = process.argv.slice(2);
const files = readdirSync(folder);
const total = new Map();
for (const file of files) {
  for (const [word, count] of Object.entries(JSON.parse(readFileSync(join(folder, file), "utf8"))))
    total.set(word, (total.get(word) ?? 0) + count);
}
const words = [...total].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
const sum = words.reduce((all, [, count]) => all + count, 0);
const lines = [`${files.length} texts, ${sum} words, ${words.length} different ones`, ...words.map(([word, count]) => `${count} ${word}`)];
writeFileSync(output, `${lines.join("\n")}\n`);
