// Python in Node: runs each program that comes as a line of JSON, and answers with a line of JSON.
// node node.mjs SITE, where SITE is the folder of the example page
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";

const site = process.argv[2];
const { loadPyodide } = await import(path.join(site, "pyodide/pyodide.mjs"));
const python = await loadPyodide({ stdout: (line) => process.stderr.write(line + "\n") });
for (const name of JSON.parse(fs.readFileSync(path.join(site, "wheels/names.json"), "utf8"))) {
  python.unpackArchive(fs.readFileSync(path.join(site, "wheels", name)).buffer, "wheel");
}
process.stdout.write("ready\n");
for await (const line of readline.createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = { result: await python.runPythonAsync(JSON.parse(line)) };
  } catch (error) {
    answer = { error: String(error.message ?? error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
