// The page: what its buttons do, and what it shows of each view.
import { Board } from "./board.js";
import { drawBars, drawConfusion, drawCurve, drawMap, drawPicture, element, found, largest } from "./drawing.js";

/** @typedef {import("./board.js").View} View */

/** @typedef {{ layers: number[], columns: number, halving: number, names: string[], data: string | null }} Lesson */
/** @typedef {{ version: string, model: string, models: string[], digits: Lesson }} Facts what the host wrote of this folder */

const ASK_MS = 1000; // between two questions about a digit held back, while the board learns
const CURVE_POINTS = 400;

const button = (/** @type {string} */ id) => found(id, HTMLButtonElement);
const say = (/** @type {string} */ id, /** @type {string} */ text) => {
  const place = found(id, HTMLElement);
  if (place.textContent !== text) place.textContent = text;
};

/** @type {{ view: View | null, maps: ArrayBuffer[], drawn: View | null }} */
const latest = { view: null, maps: [], drawn: null };
let signed = false;
/** @type {Lesson} */
let lesson;
/** @type {[number, number][]} */
let curve = [];
/** @type {[number, number][]} (ms, samples learnt) of the last second */
let pace = [];
/** @type {{ label: number, answered: boolean }} */
const question = { label: 0, answered: true };
let askedAt = 0;

const board = new Board(
  (view, maps) => {
    latest.view = view;
    latest.maps = maps;
  },
  () => {},
);

/** Do what a button says; what goes wrong is told in the page. @type {(work: () => Promise<unknown>) => Promise<void>} */
async function attempt(work) {
  try {
    await work();
    trouble("");
  } catch (error) {
    trouble(error instanceof Error ? error.message : String(error));
  }
}

/** @type {(words: string) => void} */
function trouble(words) {
  say("trouble", words);
  found("trouble", HTMLElement).hidden = !words;
}

/** The whole number in a field; an empty one is the lowest. @type {(id: string, low: number, high: number) => number} */
function whole(id, low, high) {
  const { value } = found(id, HTMLInputElement), number = value === "" ? low : Number(value);
  if (Number.isInteger(number) && number >= low && number <= high) return number;
  throw new Error(`${id}: expected a whole number in ${low}..${high}, got ${value}`);
}

async function start() {
  const seed = whole("seed", 0, 4294967295);
  const { answer } = await board.ask({
    do: "start", layers: lesson.layers, model: found("model", HTMLSelectElement).value, seed,
    lr_halving_samples: lesson.halving, classes: lesson.names, data: lesson.data,
  });
  signed = answer.g_min < 0;
  curve = [];
  pace = [];
  await another();
}

async function another() {
  const { answer, bytes } = await board.ask({ do: "picture", k: Math.floor(Math.random() * 65536), held_back: true });
  question.label = answer.label;
  await see(new Int8Array(bytes ?? []));
}

/** Show features, and ask the board about them. @type {(x: Int8Array) => Promise<void>} */
async function see(x) {
  drawPicture(found("input", HTMLCanvasElement), x, lesson.columns);
  askedAt = performance.now();
  question.answered = false;
  await board.ask({ do: "ask" }, x);
}

// ---- what is shown

/** @type {(view: View) => void} */
function show(view) {
  say("status", status(view));
  if (view.trouble) trouble(view.trouble);
  say("sample", view.sample.toLocaleString("en"));
  const percent = view.recent ? (100 * view.errors) / view.recent : null;
  say("error", percent === null ? "–" : `${percent.toFixed(1)} %`);
  const { tested } = view;
  const done = tested && tested.samples === tested.of;
  const part = tested && !done ? ` of ${tested.samples}` : "";
  say("tested", tested?.samples ? `${((100 * tested.errors) / tested.samples).toFixed(1)} %${part}` : "–");
  say("speed", speed(view));
  say("identity", `${view.identity}; conductances ${view.crc}`);
  if (percent !== null && view.recent >= 20 && view.sample !== curve.at(-1)?.[0]) {
    curve.push([view.sample, percent]);
    if (curve.length > CURVE_POINTS) curve = curve.filter((_, k) => k % 2);
    drawCurve(found("curve", HTMLElement), curve);
  }
  say("confused", tested && done ? "The samples held back for the test." : "The last samples, each asked before it was learnt.");
  drawConfusion(found("confusion", HTMLElement), tested && done ? tested.confusion : view.confusion, lesson.names);
  if (view.answer && !question.answered) showAnswer(view.answer);
  const learn = button("learn");
  learn.setAttribute("aria-pressed", String(view.rehearsing));
  say("learn", view.rehearsing ? "Pause" : "Learn");
  for (const id of ["learn", "cut", "another", "restart"]) button(id).disabled = !view.ready;
  button("test").disabled = Boolean(!view.ready || view.rehearsing || (tested && !done));
}

/** @type {(view: View) => string} */
function status(view) {
  const restarts = view.restarts ? ` It has restarted ${view.restarts === 1 ? "once" : `${view.restarts} times`}.` : "";
  if (!view.ready) return "The board builds its network …";
  return `The board in the page ${view.rehearsing ? "learns" : "waits"}.${restarts}`;
}

/** @type {(view: View) => string} */
function speed(view) {
  const now = performance.now();
  pace.push([now, view.sample]);
  while (pace.length > 2 && now - (pace[0]?.[0] ?? 0) > 1500) pace.shift();
  const [then, before] = pace[0] ?? [now, view.sample];
  return view.rehearsing && now - then > 300 ? String(Math.round((1000 * (view.sample - before)) / (now - then))) : "–";
}

/** @type {(answer: import("./board.js").Answer) => void} */
function showAnswer(answer) {
  question.answered = true;
  const right = answer.class === question.label ? "right" : `it is ${lesson.names[question.label]}`;
  say("answer", `${lesson.names[answer.class]}, ${answer.confidence} % sure: ${right}`);
  drawBars(found("bars", HTMLElement), answer.outputs, lesson.names, answer.class);
}

/** @type {(view: View, maps: ArrayBuffer[]) => void} */
function showMaps(view, maps) {
  const place = found("maps", HTMLElement);
  view.maps.forEach(([, , columns, byNode], c) => {
    const values = signed ? new Int16Array(maps[c] ?? new ArrayBuffer(0)) : new Uint16Array(maps[c] ?? new ArrayBuffer(0));
    if (!values.length) return;
    while (place.children.length <= c) {
      const name = `crossbar between layer ${place.children.length} and ${place.children.length + 1}`;
      place.append(element("figure", {}, element("canvas", { role: "img", "aria-label": name }), element("figcaption")));
    }
    const [canvas, caption] = Array.from(place.children[c]?.children ?? []);
    if (!(canvas instanceof HTMLCanvasElement) || !caption) return;
    const most = largest(values);
    drawMap(canvas, values, columns, { signed, most, turned: !byNode });
    const text = `${lesson.layers[c]} → ${lesson.layers[c + 1]} nodes: ${signed ? `−${most} (blue) to ${most} (red)` : `0 (violet) to ${most} (yellow)`} steps`;
    if (caption.textContent !== text) caption.textContent = text;
  });
}

function frame() {
  const { view, maps } = latest;
  if (view && view !== latest.drawn) {
    latest.drawn = view;
    show(view);
    showMaps(view, maps);
    if (view.rehearsing && performance.now() - askedAt > ASK_MS) attempt(another);
  }
  requestAnimationFrame(frame);
}

/** @type {(id: string, work: () => Promise<unknown>) => void} */
const onClick = (id, work) => button(id).addEventListener("click", () => attempt(work));

onClick("learn", () => board.ask({ do: "rehearse", on: !latest.view?.rehearsing, until: whole("until", 0, 1073741823) }));
onClick("test", () => board.ask({ do: "test" }));
onClick("cut", () => board.ask({ do: "cut" }));
onClick("another", another);
onClick("restart", start);
found("model", HTMLSelectElement).addEventListener("change", () => attempt(start));

attempt(async () => {
  /** @type {Facts} */
  const facts = await (await fetch("facts.json")).json();
  lesson = facts.digits;
  say("version", facts.version);
  const models = found("model", HTMLSelectElement);
  models.replaceChildren(...facts.models.map((name) => element("option", {}, name)));
  models.value = facts.model;
  await board.ready;
  await board.ask({ do: "connect", board: "page" });
  await start();
  requestAnimationFrame(frame);
});
