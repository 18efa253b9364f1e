// The page: what its buttons do, and what it shows of each view.
import { Board, fetched } from "./board.js";
import { DataSet } from "./dataset.js";
import { element, lines } from "./charts.js";
import { drawBars, drawConfusion, drawMap, drawPicture, found, largest } from "./drawing.js";
import { Cable } from "./serial.js";
import { Stepper } from "./stepper.js";
import { Teacher } from "./teacher.js";

/** @typedef {import("./board.js").View} View */
/** @typedef {import("./teacher.js").Lesson} Lesson */
/** @typedef {{ version: string, model: string, models: string[], digits: Lesson & { title: string }, ear: [number, number], motion: [number, number] }} Facts what the host wrote */

const ASK_MS = 1000; // between two questions about a digit held back, while the board learns
const LOOK_BACK_MS = 700; // between two looks at the last mistakes
const COUNT_MS = 250; // between two sights of the figures while the board learns: the maps are drawn more often
const MISTAKES = 6;
const CURVE_POINTS = 400;
const OUTPUTS = 6; // of a network whose classes a person teaches
const HIDDEN = 32;
const LARGEST = 8 << 20; // bytes of a file

const button = (/** @type {string} */ id) => found(id, HTMLButtonElement);
const choice = (/** @type {string} */ id) => found(id, HTMLSelectElement).value;
const say = (/** @type {string} */ id, /** @type {string} */ text) => {
  const place = found(id, HTMLElement);
  if (place.textContent !== text) place.textContent = text;
};

/** @type {{ view: View | null, maps: ArrayBuffer[], drawn: View | null, counted: View | null, at: number }} */
const latest = { view: null, maps: [], drawn: null, counted: null, at: 0 };
let signed = false;
/** @type {number[]} */
const scales = []; // of each crossbar, what its brightest colour stands for
/** @type {Facts} */
let facts;
/** @type {Lesson} */
let lesson;
/** @type {[number, number][]} */
let curve = [];
/** @type {[number, number][]} (ms, samples learnt) of the last moments */
let pace = [];
/** @typedef {{ x: Int8Array, label: number | null }} Sample label: of a sample held back, which the page knows */
/** @type {{ open: boolean, label: number | null, number: number, next: Sample | null }} next: to ask about when this is answered */
const question = { open: false, label: null, number: 0, next: null };
let askedAt = 0;
const back = { at: 0, shown: "" }; // when the mistakes were looked at, and which are shown

const board = new Board(
  (view, maps) => {
    latest.view = view;
    latest.maps = maps;
  },
  (bytes) => cable.line.send(bytes),
);
const cable = new Cable(
  (bytes) => attempt(() => board.ask({ do: "receive", bytes: bytes.length }, bytes)),
  (at, words) => {
    cableWords = words;
    attempt(() => board.ask({ do: "connect", board: at }));
  },
  (words) => {
    cableWords = words;
    say("status", words);
  },
);
let cableWords = ""; // what is being done at the cable, or ""
let told = ""; // the conversation's trouble, as it was last told
const teacher = new Teacher(board, attempt, (x) => see(x, null), () => dataset.use(lesson.names, lesson.columns));
const stepper = new Stepper();
const dataset = new DataSet((request) => board.ask(request), attempt);

/** Do what a button says; what goes wrong is told in the page. @type {(work: () => Promise<unknown>) => Promise<void>} */
async function attempt(work) {
  try {
    await work();
  } catch (error) {
    trouble(error instanceof Error ? error.message : String(error));
  }
}

/** @type {(words: string) => void} */
function trouble(words) {
  say("trouble", words);
  found("told", HTMLElement).hidden = !words;
}

/** The whole number in a field; an empty one is the lowest. @type {(id: string, low: number, high: number) => number} */
function whole(id, low, high) {
  const { value } = found(id, HTMLInputElement), number = value === "" ? low : Number(value);
  if (Number.isInteger(number) && number >= low && number <= high) return number;
  throw new Error(`${id}: expected a whole number in ${low}..${high}, got ${value}`);
}

/** The lesson that is chosen. @type {(told: number) => Lesson} told: the features that a board's program tells */
function chosen(told) {
  const source = choice("source"), side = source === "camera" ? Number(choice("side")) : 8;
  if (source === "digits") return { ...facts.digits, source };
  const [columns, rows] = source === "microphone" ? facts.ear : source === "motion" ? facts.motion : [side, side];
  const inputs = told || columns * rows;
  const names = ["A", "B", "C", ...Array(OUTPUTS - 3).fill("")];
  return {
    source: /** @type {Lesson["source"]} */ (source), layers: [inputs, HIDDEN, OUTPUTS],
    columns: told ? Math.ceil(Math.sqrt(told)) : columns, halving: 0, names, file: null,
    about: { data: "", scaling: { features: inputs, offset: [0], span: [127] } },
  };
}

/** Whether the user agrees to lose the samples of this lesson. @type {() => Promise<boolean>} */
async function agreed() {
  const samples = latest.view?.shown ?? 0;
  if (lesson.file || !samples) return true;
  const dialog = found("sure", HTMLDialogElement);
  say("sure-text", `This lesson has ${samples} samples. A new lesson forgets them: export them first if you want to keep them.`);
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  return dialog.returnValue === "yes";
}

/** Begin a new lesson as chosen, unless the user wants to keep this one. */
async function restart() {
  document.body.ariaBusy = "true";
  try {
    if (await agreed()) await start();
  } finally {
    found("source", HTMLSelectElement).value = lesson.source;
    document.body.ariaBusy = "false";
  }
}

async function start() {
  const seed = whole("seed", 0, 4294967295), told = choice("source") === "program" ? await teacher.meet() : 0, next = chosen(told);
  const { answer } = await board.ask({
    do: "start", layers: next.layers, model: choice("model"), seed, lr_halving_samples: next.halving,
    classes: next.names, file: next.file, about: next.about,
  });
  lesson = next;
  latest.view = latest.drawn = null;
  Object.assign(question, { open: false, next: null, number: 0 });
  signed = answer.g_min < 0;
  curve = [];
  pace = [];
  trouble("");
  say("answer", "–");
  stepper.clear();
  drawPicture(found("input", HTMLCanvasElement), new Int8Array(lesson.layers[0] ?? 0), lesson.columns);
  back.shown = "";
  for (const id of ["maps", "bars", "curve"]) found(id, HTMLElement).replaceChildren();
  for (const id of ["learn", "test", "another", "restart"]) button(id).disabled = true;
  for (const id of ["test", "another", "test-figure"]) found(id, HTMLElement).hidden = !lesson.file;
  found("for-camera", HTMLElement).hidden = lesson.source !== "camera";
  dataset.use(lesson.names, lesson.columns);
  if (lesson.file) await another();
  await teacher.use(lesson);
}

async function another() {
  const { answer, bytes } = await board.ask({ do: "held_back", k: Math.floor(Math.random() * 65536) });
  see(new Int8Array(bytes ?? []), answer.label);
}

/** Show features, and ask the board about them, once it has answered about those before. @type {(x: Int8Array, label: number | null) => void} */
function see(x, label) {
  question.next = { x, label };
  found("answer", HTMLElement).ariaBusy = "true";
}

/** @type {(sample: Sample) => Promise<void>} */
async function ask({ x, label }) {
  Object.assign(question, { open: true, next: null, number: 0, label });
  drawPicture(found("input", HTMLCanvasElement), x, lesson.columns);
  found("answer", HTMLElement).ariaBusy = "true";
  askedAt = performance.now();
  const failed = (/** @type {unknown} */ error) => ((question.open = false), Promise.reject(error));
  question.number = (await board.ask({ do: "ask" }, x).catch(failed)).answer.number;
}

/** Offer bytes as a file to save. @type {(name: string, bytes: Uint8Array | undefined, type: string) => void} */
function save(name, bytes, type) {
  const url = URL.createObjectURL(new Blob([new Uint8Array(bytes ?? [])], { type }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** Save what the studio's Python writes. @type {(what: string, name: string, type: string) => Promise<void>} */
async function take(what, name, type) {
  const utc = new Date().toISOString().replace("Z", "000+00:00");
  save(name, (await board.ask({ do: what, utc })).bytes, type);
}

async function importTable() {
  const field = found("file", HTMLInputElement), [file] = Array.from(field.files ?? []);
  field.value = ""; // so that the same file can be chosen again
  if (!file) return;
  try {
    if (file.size > LARGEST) throw new Error(`expected at most ${LARGEST} bytes, got ${file.size}`);
    const { answer } = await board.ask({ do: "import" }, undefined, new Uint8Array(await file.arrayBuffer()));
    lesson.names = answer.classes;
  } catch (error) {
    throw new Error(`${file.name}: ${error instanceof Error ? error.message : error}`);
  }
  teacher.show();
  dataset.use(lesson.names, lesson.columns);
  trouble("");
}

// ---- what is shown

/** @type {(view: View) => void} */
function show(view) {
  say("status", status(view));
  if (view.trouble !== told) {
    told = view.trouble;
    trouble(told);
  }
  say("sample", view.sample.toLocaleString("en"));
  const percent = view.recent ? (100 * view.errors) / view.recent : null;
  say("error", percent === null ? "–" : `${percent.toFixed(1)} %`);
  const { tested } = view;
  const done = tested && tested.samples === tested.of;
  const current = tested && done && tested.sample === view.sample;
  const part = !tested || current ? "" : done ? ` at ${tested.sample}` : ` of ${tested.samples}`;
  say("tested", tested?.samples ? `${((100 * tested.errors) / tested.samples).toFixed(1)} %${part}` : "–");
  say("speed", speed(view));
  say("identity", `${view.identity}${compared(view)}; conductances ${view.crc}`);
  button("cut").hidden = view.at !== "page";
  button("home").hidden = view.at === "page";
  if (percent !== null && view.recent >= 20 && view.sample !== curve.at(-1)?.[0]) {
    curve.push([view.sample, percent]);
    if (curve.length > CURVE_POINTS) curve = curve.filter((_, k) => k % 2);
    const line = { name: "error", x: curve.map(([n]) => n), y: curve.map(([, error]) => error) };
    found("curve", HTMLElement).replaceChildren(lines("Error of the last 200 (%)", "training samples", [line]));
  }
  say("confused", current ? "The samples held back for the test." : "The last samples, each asked before it was learnt.");
  drawConfusion(found("confusion", HTMLElement), current ? tested.confusion : view.confusion, lesson.names);
  const which = `${view.sample} ${current}`;
  if (which !== back.shown && (!view.rehearsing || performance.now() - back.at > LOOK_BACK_MS)) {
    Object.assign(back, { at: performance.now(), shown: which });
    attempt(() => showMistakes(Boolean(current)));
  }
  const learn = button("learn");
  learn.setAttribute("aria-pressed", String(view.rehearsing));
  say("learn", view.rehearsing ? "Pause" : "Learn");
  for (const id of ["cut", "another", "restart", "network", "log", "save"]) button(id).disabled = !view.ready;
  learn.disabled = !view.ready || !view.shown;
  button("test").disabled = Boolean(!view.ready || view.rehearsing || (tested && !done));
  button("step").disabled = Boolean(!view.ready || view.rehearsing || view.sample < view.count || !view.shown);
  say("saved", view.saved === null ? "" : view.saved ? "The board has saved it." : "The board has not saved it: its flash is full, or was written too often recently.");
  sayScales();
  teacher.count(view.counts);
  stepper.compare(view);
  dataset.show(view);
}

/** Show the pictures of the last mistakes. @type {(tested: boolean) => Promise<void>} */
async function showMistakes(tested) {
  const { answer, bytes } = await board.ask({ do: "mistakes", most: MISTAKES, tested });
  const x = new Int8Array(bytes ?? []), size = x.length / (answer.labels.length || 1);
  const name = (/** @type {number} */ k) => lesson.names[k] || `class ${k + 1}`;
  found("mistakes", HTMLElement).replaceChildren(...answer.labels.map((/** @type {number} */ label, /** @type {number} */ k) => {
    const words = `${name(label)}, taken for ${name(answer.said[k])}`;
    const canvas = /** @type {HTMLCanvasElement} */ (element("canvas", { role: "img", "aria-label": words }));
    drawPicture(canvas, x.subarray(k * size, (k + 1) * size), lesson.columns);
    return element("li", {}, canvas, words);
  }));
}

/** @type {(view: View) => string} */
function status(view) {
  const restarts = view.restarts ? ` It has restarted ${view.restarts === 1 ? "once" : `${view.restarts} times`}.` : "";
  if (cableWords) return cableWords;
  if (!view.ready) return "The board builds its network …";
  return `The board ${view.at === "page" ? "in the page" : "on the cable"} ${view.sample < view.count || view.rehearsing ? "learns" : "waits"}.${restarts}`;
}

/** Whether a board on the cable says the CRC of its twin in the page. @type {(view: View) => string} */
function compared({ at, crc, board_crc }) {
  if (at === "page" || !board_crc) return "";
  return board_crc === crc ? ", which reports the same" : `, WHICH REPORTS ANOTHER CRC, ${board_crc}`;
}

/** @type {(view: View) => string} */
function speed(view) {
  const now = performance.now();
  pace.push([now, view.sample]);
  while (pace.length > 2 && now - (pace[0]?.[0] ?? 0) > 1500) pace.shift();
  const [then, before] = pace[0] ?? [now, view.sample];
  return view.rehearsing && view.at !== "none" && now - then > 300 ? String(Math.round((1000 * (view.sample - before)) / (now - then))) : "–";
}

/** @type {(answer: import("./board.js").Answer) => void} */
function showAnswer(answer) {
  const { label } = question;
  question.open = false;
  found("answer", HTMLElement).ariaBusy = "false";
  const name = lesson.names[answer.class] || `class ${answer.class + 1}`;
  const known = label === null ? "" : answer.class === label ? ": right" : `: it is ${lesson.names[label]}`;
  say("answer", `${name}, ${answer.confidence} % sure${known}`);
  drawBars(found("bars", HTMLElement), answer.outputs, lesson.names.filter((each) => each), answer.class);
}

/** Draw each crossbar. @type {(view: View, maps: ArrayBuffer[]) => void} */
function drawMaps(view, maps) {
  const place = found("maps", HTMLElement);
  view.maps.forEach(([, , columns, byNode], c) => {
    const bytes = maps[c] ?? new ArrayBuffer(0), values = signed ? new Int16Array(bytes) : new Uint16Array(bytes);
    while (place.children.length <= c) {
      const name = `crossbar between layer ${place.children.length} and ${place.children.length + 1}`;
      place.append(element("figure", {}, element("canvas", { role: "img", "aria-label": name }), element("figcaption")));
    }
    const most = (scales[c] = largest(values));
    drawMap(/** @type {HTMLCanvasElement} */ (place.children[c]?.firstChild), values, columns, { signed, most, turned: !byNode });
  });
}

/** Say what the colours of each crossbar mean. */
function sayScales() {
  document.querySelectorAll("#maps figcaption").forEach((caption, c) => {
    const most = scales[c], range = signed ? `−${most} (blue) to ${most} (red)` : `0 (violet) to ${most} (yellow)`;
    caption.textContent = `${lesson.layers[c]} → ${lesson.layers[c + 1]} nodes: ${range} steps`;
  });
}

function frame() {
  const { view, maps } = latest, now = performance.now();
  if (question.next && !question.open) attempt(() => ask(/** @type {Sample} */ (question.next)));
  if (view && view !== latest.drawn) {
    if (view.crc !== latest.drawn?.crc) drawMaps(view, maps);
    latest.drawn = view;
    if (question.open && view.answer?.number === question.number) showAnswer(view.answer);
    if (lesson.file && view.rehearsing && !question.open && now - askedAt > ASK_MS) {
      askedAt = now; // the next frames do not ask, too, until this sample is here
      attempt(another);
    }
  }
  if (view && view !== latest.counted && (!view.rehearsing || now - latest.at > COUNT_MS)) {
    Object.assign(latest, { counted: view, at: now });
    show(view);
  }
  requestAnimationFrame(frame);
}

/** @type {(id: string, work: () => unknown) => void} */
const onClick = (id, work) => button(id).addEventListener("click", () => attempt(async () => work()));

onClick("learn", () => {
  const until = whole("until", 0, 1073741823), { rehearsing, sample } = /** @type {View} */ (latest.view);
  if (until && until <= sample && !rehearsing) throw new Error(`until sample ${until}: ${sample} are learnt already`);
  return board.ask({ do: "rehearse", on: !rehearsing, until });
});
onClick("test", () => board.ask({ do: "test" }));
onClick("cut", () => board.ask({ do: "cut" }));
onClick("another", another);
onClick("restart", restart);
onClick("dismiss", () => trouble(""));
onClick("export", () => take("export", "samples.csv", "text/csv"));
onClick("network", () => take("network", "network.npz", "application/zip"));
onClick("log", () => take("log", "run.jsonl", "application/jsonl"));
onClick("connect", () => cable.choose(found("boot", HTMLInputElement).checked));
onClick("home", async () => {
  await cable.leave();
  cableWords = "";
  await board.ask({ do: "connect", board: "page" });
});
onClick("save", () => board.ask({ do: "save" }));
onClick("step", async () => stepper.show(await board.ask({ do: "step" }), lesson, signed));
onClick("import", () => found("file", HTMLInputElement).click());
found("file", HTMLInputElement).addEventListener("change", () => attempt(importTable));
for (const id of ["model", "source", "side"]) found(id, HTMLElement).addEventListener("change", () => attempt(restart));

attempt(async () => {
  facts = await (await fetched("facts.json")).json();
  say("version", facts.version);
  const models = found("model", HTMLSelectElement);
  models.replaceChildren(...facts.models.map((name) => element("option", {}, name)));
  models.value = facts.model;
  say("given", facts.digits.title);
  lesson = chosen(0);
  await board.ready;
  await board.ask({ do: "connect", board: "page" });
  await start();
  requestAnimationFrame(frame);
});
