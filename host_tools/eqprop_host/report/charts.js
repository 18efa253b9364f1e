// Charts as SVG and maps on canvases, for the pages of `eqprop report` and `eqprop studio`. No library, no network.

/** @typedef {{ name: string, x: (number | null)[], y: (number | null | undefined)[], colour?: string | undefined, dash?: string | undefined }} Series a line of a chart */

export const COLOURS = ["#1f5fa8", "#c4502e", "#2e8b57", "#7a4fa3", "#b8860b", "#3d8fa6", "#a63d6f", "#5c5c5c"];

/** Viridis. @type {[number, number, number][]} */
export const VIRIDIS = [[68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141], [39, 173, 129],
                        [92, 200, 99], [170, 220, 50], [253, 231, 37]];

/** @type {(tag: string, attributes?: Record<string, string | number>, ...children: (Node | string | number)[]) => HTMLElement} */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children.map((child) => (child instanceof Node ? child : String(child))));
  return made;
}

/** @type {(tag: string, attributes?: Record<string, string | number>, text?: string) => SVGElement} */
export function svg(tag, attributes = {}, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.textContent = text;
  return made;
}

/** 256 colours between some, RGBA. @type {(colours: [number, number, number][]) => Uint8ClampedArray} */
export function shades(colours) {
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

/**
 * Draw a picture of `columns` columns on a canvas of its own size, a pixel for each of `count` shades.
 * @type {(canvas: HTMLCanvasElement, columns: number, count: number, colours: Uint8ClampedArray, shade: (place: number) => number) => void}
 */
export function paint(canvas, columns, count, colours, shade) {
  const rows = Math.ceil(count / columns);
  if (canvas.width !== columns) canvas.width = columns;
  if (canvas.height !== rows) canvas.height = rows;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  const image = context.createImageData(columns, rows);
  // A pixel in one write: the four bytes of a shade lie in both arrays alike
  const pixels = new Uint32Array(image.data.buffer), table = new Uint32Array(colours.buffer);
  for (let i = 0; i < count; i++) pixels[i] = table[Math.max(0, Math.min(255, Math.round(shade(i))))] ?? 0;
  context.putImageData(image, 0, 0);
}

/** A number in few characters. @type {(value: unknown) => string} */
export function number(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return value.toLocaleString("en");
  if (Math.abs(value) >= 1e6) return `${+(value / 1e6).toPrecision(4)} M`;
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : String(+value.toPrecision(4));
}

/** Round numbers that span low..high. @type {(low: number, high: number, count: number) => number[]} */
function ticks(low, high, count) {
  const rough = (high - low || 1) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? rough;
  const found = [];
  for (let t = Math.ceil(low / step - 1e-9) * step; t <= high + 1e-9 * step; t += step) found.push(+t.toPrecision(12));
  return found;
}

/** A chart of lines, with vertical marks. @type {(title: string, xLabel: string, series: Series[], marks?: { x: number, text: string }[]) => SVGElement} */
export function lines(title, xLabel, series, marks = []) {
  const W = 520, H = 240, left = 58, right = 14, top = 30, bottom = 40;
  const picture = svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": title });
  picture.append(svg("text", { x: 0, y: 14, class: "title" }, title));
  const points = series.map((s) => s.x.flatMap((x, k) => {
    const y = s.y[k];
    return x === null || y === null || y === undefined ? [] : [{ x, y }];
  }));
  const xs = [...points.flat().map((p) => p.x), ...marks.map((m) => m.x)], ys = points.flat().map((p) => p.y);
  if (!ys.length && !marks.length) {
    picture.append(svg("text", { x: W / 2, y: H / 2, "text-anchor": "middle" }, "nothing was logged"));
    return picture;
  }
  const x0 = Math.min(0, ...xs), x1 = Math.max(...xs, x0 + 1e-9), y0 = Math.min(0, ...ys), y1 = (Math.max(...ys) > y0 ? Math.max(...ys) : y0 + 1) * 1.03;
  const X = (/** @type {number} */ x) => left + (x - x0) / (x1 - x0) * (W - left - right);
  const Y = (/** @type {number} */ y) => H - bottom - (y - y0) / (y1 - y0) * (H - top - bottom);
  for (const t of ys.length ? ticks(y0, y1, 4) : []) {
    picture.append(svg("line", { x1: left, x2: W - right, y1: Y(t), y2: Y(t), class: "grid" }));
    picture.append(svg("text", { x: left - 6, y: Y(t) + 4, "text-anchor": "end" }, Math.abs(t) >= 1e4 ? `${number(t / 1000)} k` : number(t)));
  }
  for (const t of ticks(x0, x1, 5)) picture.append(svg("text", { x: X(t), y: H - bottom + 16, "text-anchor": "middle" }, number(t)));
  picture.append(svg("line", { x1: left, x2: W - right, y1: H - bottom, y2: H - bottom, stroke: "#9aa5b1" }));
  picture.append(svg("text", { x: (left + W - right) / 2, y: H - 6, "text-anchor": "middle" }, xLabel));
  marks.forEach((m) => {
    const line = svg("line", { x1: X(m.x), x2: X(m.x), y1: top, y2: H - bottom, stroke: "#c4502e", "stroke-dasharray": "3 3" });
    line.append(svg("title", {}, m.text));
    picture.append(line);
  });
  series.forEach((s, k) => {
    const shade = s.colour ?? COLOURS[k % COLOURS.length] ?? "", own = points[k] ?? [];
    const path = own.map((p) => `${X(p.x).toFixed(1)},${Y(p.y).toFixed(1)}`).join(" ");
    const drawn = svg("polyline", { points: path, fill: "none", stroke: shade, "stroke-width": series.length > 12 ? 1.2 : 1.8, "stroke-dasharray": s.dash ?? "none" });
    drawn.append(svg("title", {}, s.name));
    picture.append(drawn);
    if (own.length <= 40 && series.length <= 12) for (const p of own) picture.append(svg("circle", { cx: X(p.x), cy: Y(p.y), r: 2.2, fill: shade }));
  });
  return picture;
}
