// Draws what the page shows: maps of conductances, pictures of features, bars and tables.

import { VIRIDIS, element, paint, shades } from "./charts.js";

const POSITIVE = shades(VIRIDIS);
const SIGNED = shades([[33, 102, 172], [103, 169, 207], [209, 229, 240], [247, 247, 247], [253, 219, 199],
                       [239, 138, 98], [178, 24, 43]]);
const GREY = shades([[0, 0, 0], [255, 255, 255]]);

/** @template {HTMLElement} T @param {string} id @param {new () => T} type @returns {T} */
export function found(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page lacks ${id}`);
  return element;
}

/**
 * Draw numbers as a picture, a pixel each: with a colour from 0 to `most`, or from -most to most.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values row by row
 * @param {number} columns
 * @param {{ signed: boolean, most: number, turned?: boolean }} how turned: exchange rows and columns
 */
export function drawMap(canvas, values, columns, { signed, most, turned = false }) {
  const rows = values.length / columns, scale = 255 / (signed ? 2 * most : most), zero = signed ? most : 0;
  const place = turned ? (/** @type {number} */ i) => (i % rows) * columns + Math.floor(i / rows) : (/** @type {number} */ i) => i;
  paint(canvas, turned ? rows : columns, values.length, signed ? SIGNED : POSITIVE, (i) => ((values[place(i)] ?? 0) + zero) * scale);
}

/** The largest magnitude in a map, and at least 1. @type {(values: ArrayLike<number>) => number} */
export function largest(values) {
  let most = 1;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i] ?? 0));
  return most;
}

/** Draw features, int8, as a grey picture of `columns` columns. @type {(canvas: HTMLCanvasElement, x: ArrayLike<number>, columns: number) => void} */
export function drawPicture(canvas, x, columns) {
  const dark = Math.min(...Array.from(x)) < 0; // such features use both signs
  paint(canvas, columns, x.length, GREY, (i) => (dark ? (x[i] ?? 0) + 128 : 2 * (x[i] ?? 0)));
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
  const name = (/** @type {number} */ k) => names[k] || `class ${k + 1}`;
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
