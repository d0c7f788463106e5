// Runs tests of the suite in Pyodide: node suite.mjs SITE TOOLS ROOT ARGUMENT..., the arguments being those of pytest.
import fs from "node:fs";
import path from "node:path";

const [site, tools, root, ...chosen] = process.argv.slice(2);
const { loadPyodide } = await import(path.join(site, "pyodide/pyodide.mjs"));
const python = await loadPyodide();
for (const name of JSON.parse(fs.readFileSync(path.join(site, "wheels/names.json"), "utf8"))) {
  python.unpackArchive(fs.readFileSync(path.join(site, "wheels", name)).buffer, "wheel");
}
for (const [at, folder] of Object.entries({ "/tools": tools, "/root": root })) {
  python.FS.mkdirTree(at);
  python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, at);
}
const run = python.runPython(`
import os, sys
sys.dont_write_bytecode = True
sys.path += [os.getcwd(), "/tools"]
os.chdir("/root")
def run(chosen):
    import asyncio, socket, subprocess, threading
    import pytest

    def missing(*arguments, **named):
        pytest.skip("needs sockets, threads or processes")

    socket.socket = socket.create_server = socket.socketpair = asyncio.run = missing
    threading.Thread.start = subprocess.Popen = missing
    plugins = ("cacheprovider", "faulthandler", "unraisableexception", "threadexception")
    return int(pytest.main([*(f"-pno:{name}" for name in plugins), *chosen]))
run
`);
process.exitCode = run(chosen);
