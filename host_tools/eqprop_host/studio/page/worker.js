// Runs MicroPython, and in it the studio's Python (`in_page`): the lesson, the host's side of the protocol, and the
// board in the page. Answers the page's requests, and tells it what to show while there is something to do.
import { fetched } from "./board.js";
import { loadMicroPython } from "./micropython.mjs";

const WORK = JSON.stringify({ do: "work", ms: 25 }); // until the next view: 30 of them and more in a second
const REST_MS = 60; // between two looks at whether an answer is overdue
const HEAP_BYTES = 8 << 20;

/** @type {(text: string) => string} */
let call = () => "{}";
/** @type {{ HEAPU8: Uint8Array }} */
let memory = { HEAPU8: new Uint8Array() };
let mailbox = 0;
/** @type {Awaited<ReturnType<typeof loadMicroPython>>["FS"]} */
let files;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let resting;
let told = ""; // the last view that the page was told
let waiting = false; // whether the next slice of work is on its way
const turn = new MessageChannel(); // setTimeout would wait 4 ms

async function start() {
  const [machine, modules, digits] = await Promise.all([
    loadMicroPython({ heapsize: HEAP_BYTES, linebuffer: true, stderr: (line) => console.error(line) }),
    fetched("python.json").then((response) => response.json()),
    fetched("digits.bin").then((response) => response.arrayBuffer()),
  ]);
  for (const [name, text] of Object.entries(modules)) {
    machine.FS.mkdirTree(`/lib/${name.slice(0, name.lastIndexOf("/"))}`);
    machine.FS.writeFile(`/lib/${name}`, text);
  }
  machine.FS.writeFile("/digits.bin", new Uint8Array(digits));
  machine.runPython("from eqprop_sim.emulator import lanes\nfrom in_page.studio import Studio\nlanes.use()\nstudio = Studio()\ncall, where = studio.call, studio.where");
  memory = machine._module;
  files = machine.FS;
  mailbox = machine.globals.get("where")();
  call = machine.globals.get("call");
}

/** @type {(request: object) => any} */
const ask = (request) => JSON.parse(call(JSON.stringify(request)));

/** The bytes that lie there now; the view is valid until the next call. @type {(start: number, size: number) => Uint8Array} */
const bytesAt = (start, size) => memory.HEAPU8.subarray(start, start + size);

function work() {
  waiting = false;
  const text = call(WORK), view = JSON.parse(text);
  if (!view.maps) return; // there is no lesson yet
  if (text !== told) {
    const maps = view.maps.map((/** @type {[number, number, number, boolean]} */ [start, rows, columns]) =>
      bytesAt(start, 2 * rows * columns).slice().buffer);
    self.postMessage({ view, maps }, { transfer: maps });
  }
  told = text;
  if (view.bytes) self.postMessage({ line: bytesAt(mailbox, view.bytes).slice() }); // for the board at the end of a cable
  if (view.busy && !view.trouble && view.moving) soon();
  else resting = setTimeout(work, REST_MS);
}

function soon() {
  clearTimeout(resting);
  if (!waiting) turn.port2.postMessage(null);
  waiting = true;
}

/**
 * Answer a request of the page: `bytes` go into the mailbox, `file` where Python reads the user's file.
 * @param {MessageEvent<{ id: number, request: any, bytes?: Uint8Array, file?: Uint8Array }>} event
 */
function answer({ data: { id, request, bytes, file } }) {
  if (bytes) bytesAt(mailbox, bytes.length).set(bytes);
  if (file) files.writeFile("/upload", file);
  const found = ask(request);
  let given;
  if (found.bytes !== undefined) given = bytesAt(mailbox, found.bytes).slice();
  if (found.file) given = files.readFile(found.file);
  self.postMessage({ id, answer: found, bytes: given });
  told = "";
  soon();
}

turn.port1.onmessage = work;
start().then(
  () => {
    self.onmessage = answer;
    self.postMessage({ ready: true });
  },
  (error) => self.postMessage({ failed: String(error.message ?? error) }),
);
