// Loads Python and its packages from beside this page, then runs app.py.
import { loadPyodide } from "./pyodide/pyodide.mjs";

async function bytes(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: status ${answer.status}`);
  return answer.arrayBuffer();
}

try {
  const python = await loadPyodide();
  const names = await (await fetch("wheels/names.json")).json();
  for (const wheel of await Promise.all(names.map((name) => bytes(`wheels/${name}`)))) {
    python.unpackArchive(wheel, "wheel");
  }
  await python.runPythonAsync(await (await fetch("app.py")).text());
  globalThis.python = python;
  await python.globals.get("start")();
  document.documentElement.dataset.ready = "yes";
} catch (error) {
  document.querySelector("#status").textContent = `Python cannot be loaded: ${error.message}`;
  throw error;
}
