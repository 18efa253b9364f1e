// Draws what the page shows: maps of conductances, pictures of features, bars, curves and tables. No library.

/** @typedef {[number, number, number]} Rgb */

/** @type {Rgb[]} */
const VIRIDIS = [[68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141], [39, 173, 129],
                 [92, 200, 99], [170, 220, 50], [253, 231, 37]];
/** @type {Rgb[]} */
const SIGNED = [[33, 102, 172], [103, 169, 207], [209, 229, 240], [247, 247, 247], [253, 219, 199], [239, 138, 98],
                [178, 24, 43]];

/** @type {(colours: Rgb[]) => Uint8ClampedArray} 256 colours, RGBA */
function table(colours) {
  const made = new Uint8ClampedArray(1024);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (colours.length - 1), low = Math.min(Math.floor(at), colours.length - 2);
    for (let k = 0; k < 3; k++) {
      const from = colours[low]?.[k] ?? 0, to = colours[low + 1]?.[k] ?? 0;
      made[4 * i + k] = Math.round(from + (at - low) * (to - from));
    }
    made[4 * i + 3] = 255;
  }
  return made;
}

const POSITIVE_COLOURS = table(VIRIDIS), SIGNED_COLOURS = table(SIGNED);

/** @template {HTMLElement} T @param {string} id @param {new () => T} type @returns {T} */
export function found(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page lacks ${id}`);
  return element;
}

/** @type {(tag: string, attributes?: Record<string, string | number>, ...children: (Node | string)[]) => HTMLElement} */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** @type {(canvas: HTMLCanvasElement, width: number, height: number) => { image: ImageData, show: () => void }} */
function painted(canvas, width, height) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  const image = context.createImageData(width, height);
  return { image, show: () => context.putImageData(image, 0, 0) };
}

/** Copies colour number `shade`, 0..255, to pixel `at`. @type {(image: ImageData, at: number, colours: Uint8ClampedArray, shade: number) => void} */
function paint(image, at, colours, shade) {
  const i = 4 * Math.max(0, Math.min(255, Math.round(shade)));
  image.data.set(colours.subarray(i, i + 4), 4 * at);
}

/**
 * Draw numbers as a picture, a pixel each: with a colour from 0 to `most`, or from -most to most.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values row by row
 * @param {number} columns
 * @param {{ signed: boolean, most: number, turned?: boolean }} how turned: exchange rows and columns
 */
export function drawMap(canvas, values, columns, { signed, most, turned = false }) {
  const rows = values.length / columns;
  const { image, show } = painted(canvas, turned ? rows : columns, turned ? columns : rows);
  const colours = signed ? SIGNED_COLOURS : POSITIVE_COLOURS;
  const scale = 255 / (signed ? 2 * most : most), zero = signed ? most : 0;
  for (let r = 0, i = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, i++) {
      paint(image, turned ? c * rows + r : i, colours, ((values[i] ?? 0) + zero) * scale);
    }
  }
  show();
}

/** The largest magnitude in a map, and at least 1. @type {(values: ArrayLike<number>) => number} */
export function largest(values) {
  let most = 1;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i] ?? 0));
  return most;
}

/** Draw features, int8, as a grey picture of `columns` columns. @type {(canvas: HTMLCanvasElement, x: ArrayLike<number>, columns: number) => void} */
export function drawPicture(canvas, x, columns) {
  const { image, show } = painted(canvas, columns, Math.ceil(x.length / columns));
  const dark = Math.min(...Array.from(x)) < 0; // such features use both signs
  for (let i = 0; i < x.length; i++) {
    const value = x[i] ?? 0, grey = dark ? value + 128 : 2 * value;
    image.data.set([grey, grey, grey, 255], 4 * i);
  }
  show();
}

/**
 * Draw a curve of percentages over samples.
 * @param {HTMLElement} place
 * @param {[number, number][]} points (sample, percent), ascending
 */
export function drawCurve(place, points) {
  const [width, height, left, bottom] = [480, 150, 46, 20];
  const last = Math.max(100, points.at(-1)?.[0] ?? 0);
  const x = (/** @type {number} */ n) => left + ((width - left - 4) * n) / last;
  const y = (/** @type {number} */ percent) => 6 + ((height - bottom - 6) * (100 - percent)) / 100;
  const parts = [0, 50, 100].map((percent) =>
    `<line x1="${left}" x2="${width}" y1="${y(percent)}" y2="${y(percent)}" class="grid"/>` +
    `<text x="${left - 6}" y="${y(percent) + 4}" text-anchor="end">${percent} %</text>`);
  const line = points.map(([n, percent]) => `${x(n).toFixed(1)},${y(percent).toFixed(1)}`).join(" ");
  const label = `<text x="${width}" y="${height - 4}" text-anchor="end">${last.toLocaleString("en")} samples</text>`;
  place.innerHTML = `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="error over samples">` +
    `${parts.join("")}${label}<polyline points="${line}" class="curve"/></svg>`;
}

/**
 * Draw a table of samples by (class, prediction), for each class that has a name or samples.
 * @param {HTMLElement} place
 * @param {number[]} confusion flat
 * @param {string[]} names
 */
export function drawConfusion(place, confusion, names) {
  const size = Math.round(Math.sqrt(confusion.length)), most = Math.max(1, ...confusion);
  const counts = (/** @type {number} */ r, /** @type {number} */ c) => confusion[r * size + c] ?? 0;
  const shown = [...Array(size).keys()].filter((k) => names[k] || names.some((_, other) => counts(k, other) || counts(other, k)));
  const name = (/** @type {number} */ k) => names[k] || String(k + 1);
  const head = element("tr", {}, element("td", { class: "corner" }, "class \\ answer"),
    ...shown.map((k) => element("th", { scope: "col" }, name(k))));
  const rows = shown.map((r) => element("tr", {}, element("th", { scope: "row" }, name(r)), ...shown.map((c) => {
    const count = counts(r, c);
    const cell = element("td", { class: r === c ? "right" : "wrong" }, count ? String(count) : "·");
    cell.style.setProperty("--share", String(count / most));
    return cell;
  })));
  place.replaceChildren(element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)));
}

/**
 * Draw a bar for each class: how high its output node is.
 * @param {HTMLElement} place
 * @param {number[]} outputs
 * @param {string[]} names
 * @param {number} answer the class answered
 */
export function drawBars(place, outputs, names, answer) {
  const low = Math.min(0, ...outputs), span = Math.max(1, Math.max(...outputs) - low);
  place.replaceChildren(...names.map((name, k) => {
    const bar = element("i");
    bar.style.width = `${(100 * ((outputs[k] ?? 0) - low)) / span}%`;
    return element("li", k === answer ? { class: "answered" } : {}, element("span", {}, name), element("b", {}, bar));
  }));
}
