// Python in a worker: runs each program that comes as a message, and answers with a message.
import { loadPyodide } from "./pyodide/pyodide.mjs";

const python = await loadPyodide();
for (const name of await (await fetch("wheels/names.json")).json()) {
  python.unpackArchive(await (await fetch(`wheels/${name}`)).arrayBuffer(), "wheel");
}
addEventListener("message", async ({ data }) => {
  try {
    postMessage({ result: await python.runPythonAsync(data) });
  } catch (error) {
    postMessage({ error: String(error.message ?? error) });
  }
});
postMessage("ready");
