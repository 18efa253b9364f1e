// Runs a program on a WebAssembly build of MicroPython's older interface: node older.mjs BUILD PROGRAM
import fs from "node:fs";
import { pathToFileURL } from "node:url";

const [build, program] = process.argv.slice(2);
process.chdir(build); // where it looks for its own machine code
const { loadMicroPython } = await import(pathToFileURL("micropython.mjs"));
const micropython = await loadMicroPython({ heapsize: 1 << 20, stdout: (line) => console.log(line) });
micropython.runPython(fs.readFileSync(program, "utf8"));
