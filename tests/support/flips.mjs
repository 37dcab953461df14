// Runs the JavaScript verifier on many single-bit changes of one export in one process: its own text, with the files served
// from memory. The changes come as a JSON list of [file, bit] on standard input; the verdicts leave as one.
//   node flips.mjs VERIFIER EXPORT KEYS
import fs from "node:fs";
import path from "node:path";

const [verifier, directory, keys] = process.argv.slice(2);
const text = fs.readFileSync(verifier, "utf8").replace(/^import (\{.*\}) from "(.*)";$/gm, 'const $1 = builtin("$2");');
const run = new Function("builtin", "process", "console", text);
const files = new Map(fs.readdirSync(directory).map((name) => [name, fs.readFileSync(path.join(directory, name))]));

function verdict(changed, data) {
  const read = (file, encoding) => {
    const name = path.basename(file);
    if (encoding) return fs.readFileSync(file, encoding);
    return name === changed ? data : files.get(name);
  };
  const served = { readFileSync: read, statSync: (file) => ({ size: read(file).length }) };
  let said = "";
  run(
    (name) => (name === "node:fs" ? served : process.getBuiltinModule(name)),
    { argv: ["node", verifier, directory, "--keys", keys], exit: () => {} },
    { log: (line) => (said = line) },
  );
  return JSON.parse(said);
}
const changes = JSON.parse(fs.readFileSync(0, "utf8"));
const verdicts = changes.map(([name, bit]) => {
  const data = Buffer.from(files.get(name));
  data[bit >> 3] ^= 1 << (bit & 7);
  const { verified, wrong } = verdict(name, data);
  return { verified, wrong };
});
console.log(JSON.stringify([verdict(), ...verdicts]));
