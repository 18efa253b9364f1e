// Runs a MicroPython program on the official WebAssembly build, as the unix port would run it.
//
//   node webassembly.mjs BUILD SPECIFICATION
//
// BUILD is the folder of micropython.mjs. SPECIFICATION is JSON: the program's `argv`, the `heap_bytes` to start with or
// null, and `path`, the folders it may import from. The program sees a copy of their modules and of itself, no other file.
// This build collects no garbage while a program runs, its heap grows instead: it cannot stand for a small board.
// Standard streams are binary and unbuffered; an uncaught exception goes to standard error and ends with code 1.

import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [build, specification] = process.argv.slice(2);
const { argv, heap_bytes, path: folders } = JSON.parse(specification);
const DEFAULT_HEAP = 1 << 20;

function copyModules(machine, folder) {
  machine.mkdirTree(folder);
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const name = path.join(folder, entry.name);
    if (entry.name.startsWith(".") || entry.name === "__pycache__") continue;
    if (fs.statSync(name).isDirectory()) copyModules(machine, name);
    else if (/\.m?py$/.test(name)) machine.writeFile(name, fs.readFileSync(name));
  }
}

// One byte of standard input, or null at its end. Takes what has come, never waits for more than one byte.
const waiting = { bytes: Buffer.alloc(4096), length: 0, next: 0 };
function readByte() {
  if (waiting.next === waiting.length) {
    waiting.length = fs.readSync(0, waiting.bytes, 0, waiting.bytes.length, null);
    waiting.next = 0;
  }
  return waiting.length ? waiting.bytes[waiting.next++] : null;
}

function write(descriptor, bytes) {
  for (let sent = 0; sent < bytes.length; ) sent += fs.writeSync(descriptor, bytes, sent);
}

const { loadMicroPython } = await import(pathToFileURL(path.join(build, "micropython.mjs")));
const micropython = await loadMicroPython({
  heapsize: heap_bytes ?? DEFAULT_HEAP,
  linebuffer: false,
  stdin: readByte,
  stdout: (bytes) => write(1, bytes),
  stderr: (bytes) => write(2, bytes),
});
const script = argv[0];
micropython.FS.mkdirTree(path.dirname(script));
micropython.FS.writeFile(script, fs.readFileSync(script));
for (const folder of folders) copyModules(micropython.FS, folder);
try {
  micropython.runPython(`import sys
sys.argv[:] = ${JSON.stringify(argv)}
sys.path[:] = ${JSON.stringify(["", ".frozen", ...folders])}
del sys
execfile(${JSON.stringify(script)})`);
} catch (error) {
  if (error.type === "SystemExit") {
    const last = error.message.trimEnd().split("\n").pop();
    const code = last.replace(/^SystemExit:?\s*/, "");
    if (/^-?\d+$/.test(code)) process.exitCode = Number(code) & 255;
    else if (code && code !== "None") process.exitCode = 1;
  } else {
    write(2, Buffer.from(error.message ?? String(error)));
    process.exitCode = 1;
  }
}
