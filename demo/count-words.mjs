// A task of the demo: counts the words of one file and puts the counts into the container of results.
// usage: node count-words.mjs <file> <name of the result>; RESULTS_URL is the container's signed URL.
import { readFileSync } from "node:fs";

const [file, name] = process.argv.slice(2);
const counts = Object.create(null);
for (const [word] of readFileSync(file, "utf8")
  .toLowerCase()
  .matchAll(/\p{L}[\p{L}'’-]*/gu))
  counts[word] = (counts[word] ?? 0) + 1;

const target = new URL(process.env.RESULTS_URL);
target.pathname += `/${name}.json`;
const answer = await fetch(target, {
  method: "PUT",
  headers: { "x-ms-blob-type": "BlockBlob", "content-type": "application/json" },
  body: JSON.stringify(counts),
});
if (!answer.ok) throw new Error(`The result was not taken: ${answer.status} ${await answer.text()}`);
console.log(`${Object.keys(counts).length} different words in ${file}`);
