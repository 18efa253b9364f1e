"use strict";
// Draws the page from the JSON beside it: charts as SVG, maps on canvases. No library, no network.

const data = JSON.parse(document.getElementById("data").textContent);
const COLOURS = ["#1f5fa8", "#c4502e", "#2e8b57", "#7a4fa3", "#b8860b", "#3d8fa6", "#a63d6f", "#5c5c5c"];
const VIRIDIS = [[68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141], [39, 173, 129],
                 [92, 200, 99], [170, 220, 50], [253, 231, 37]];
const $ = (id) => document.getElementById(id);

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.map((child) => (child instanceof Node ? child : String(child))));
  return made;
}

function svg(tag, attributes = {}, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

function colour(x) { // 0..1 on viridis
  const at = Math.min(Math.max(x, 0), 1) * (VIRIDIS.length - 1), i = Math.min(Math.floor(at), VIRIDIS.length - 2);
  return VIRIDIS[i].map((v, k) => Math.round(v + (at - i) * (VIRIDIS[i + 1][k] - v)));
}

function number(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return value.toLocaleString("en");
  if (Math.abs(value) >= 1e6) return `${+(value / 1e6).toPrecision(4)} M`;
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : String(+value.toPrecision(4));
}

// Round numbers that span low..high
function ticks(low, high, count) {
  const rough = (high - low || 1) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
  const found = [];
  for (let t = Math.ceil(low / step - 1e-9) * step; t <= high + 1e-9 * step; t += step) found.push(+t.toPrecision(12));
  return found;
}

// A colour for each of `count` runs: the eight chosen ones, or hues a golden angle apart
function tint(k, count) {
  return count <= COLOURS.length ? COLOURS[k] : `hsl(${(k * 137.5) % 360}, 60%, ${k % 2 ? 58 : 40}%)`;
}

// series: [{name, colour, dash}]
function legend(series) {
  return element("div", { class: "legend" }, ...series.map((s, k) => {
    const sign = svg("svg", { viewBox: "0 0 20 10", class: "sign" });
    sign.append(svg("line", { x1: 0, x2: 20, y1: 5, y2: 5, stroke: s.colour || COLOURS[k % COLOURS.length], "stroke-width": 3, "stroke-dasharray": s.dash || "none" }));
    return element("span", { title: s.name }, sign, s.name);
  }));
}

// A chart with what its lines are: series: [{name, x, y, colour, dash}]; marks: [{x, text}]
function chart(title, xLabel, series, marks = []) {
  return element("div", {}, lines(title, xLabel, series, marks), ...(series.length > 1 ? [legend(series)] : []));
}

function lines(title, xLabel, series, marks = []) {
  const W = 520, H = 240, left = 58, right = 14, top = 30, bottom = 40;
  const picture = svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": title });
  picture.append(svg("text", { x: 0, y: 14, class: "title" }, title));
  const points = series.map((s) => s.x.map((x, k) => [x, s.y[k]]).filter((p) => p[0] !== null && p[1] !== null && p[1] !== undefined));
  const xs = [...points.flat().map((p) => p[0]), ...marks.map((m) => m.x)], ys = points.flat().map((p) => p[1]);
  if (!ys.length && !marks.length) {
    picture.append(svg("text", { x: W / 2, y: H / 2, "text-anchor": "middle" }, "nothing was logged"));
    return picture;
  }
  const x0 = Math.min(0, ...xs), x1 = Math.max(...xs, x0 + 1e-9), y0 = Math.min(0, ...ys), y1 = (Math.max(...ys) > y0 ? Math.max(...ys) : y0 + 1) * 1.03;
  const X = (x) => left + (x - x0) / (x1 - x0) * (W - left - right), Y = (y) => H - bottom - (y - y0) / (y1 - y0) * (H - top - bottom);
  for (const t of ys.length ? ticks(y0, y1, 4) : []) {
    picture.append(svg("line", { x1: left, x2: W - right, y1: Y(t), y2: Y(t), stroke: "#e6eaef" }));
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
    const shade = s.colour || COLOURS[k % COLOURS.length], path = points[k].map((p) => `${X(p[0]).toFixed(1)},${Y(p[1]).toFixed(1)}`).join(" ");
    const drawn = svg("polyline", { points: path, fill: "none", stroke: shade, "stroke-width": series.length > 12 ? 1.2 : 1.8, "stroke-dasharray": s.dash || "none" });
    drawn.append(svg("title", {}, s.name));
    picture.append(drawn);
    if (points[k].length <= 40 && series.length <= 12) for (const p of points[k]) picture.append(svg("circle", { cx: X(p[0]), cy: Y(p[1]), r: 2.2, fill: shade }));
  });
  return picture;
}

function table(head, rows, kind = "") {
  const made = element("table", { class: kind }, element("tr", {}, ...head.map((h) => element("th", {}, h))));
  for (const row of rows) made.append(element("tr", {}, ...row.map((cell) => (cell instanceof Node ? cell : element("td", {}, cell)))));
  return made;
}

function drawRuns() {
  $("made").textContent = `${data.runs.length} run${data.runs.length === 1 ? "" : "s"}, drawn by eqprop ${data.version}`;
  const keys = [["test_error_percent", "test error %"], ["best_test_error_percent", "best %"], ["layers", "network"], ["data", "data"],
    ["seed", "seed"], ["training_samples", "samples learnt"], ["epochs", "epochs"], ["samples_per_second", "samples/s"], ["board", "board"], ["end", "end"]];
  const cell = (summary, key) => {
    if (key === "board") return element("td", { class: "text" }, summary.board);
    return key === "end" && summary.end === null ? "still going, or was killed" : number(summary[key]);
  };
  $("runs").append(table(["run", ...keys.map((k) => k[1])], data.runs.map((r) => [r.name, ...keys.map((k) => cell(r.summary, k[0]))])));
  const line = (column) => data.runs.map((r, k) => ({ name: r.name, x: column in r.columns ? r.columns.sample : [], y: r.columns[column] || [], colour: tint(k, data.runs.length) }));
  if (data.runs.length > 1) $("which").append(legend(line("loss")));
  $("curves").append(lines("Test error (%)", "training samples", line("test_error_percent")));
  $("curves").append(lines("Training error (%), each sample before it is learnt", "training samples", line("train_error_percent")));
  $("curves").append(lines("Mean loss of the epoch", "training samples", line("loss")));
  $("curves").append(lines("Training samples per second", "training samples", line("samples_per_second")));
}

function drawMap(canvas, crossbar, moment) {
  const bytes = atob(crossbar.maps[moment]), context = canvas.getContext("2d"), image = context.createImageData(crossbar.columns, crossbar.rows);
  for (let i = 0; i < bytes.length; i++) {
    const [r, g, b] = colour(bytes.charCodeAt(i) / 255);
    image.data.set([r, g, b, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}

function drawConductances(run) {
  const slider = $("slider"), last = Math.max(0, run.samples.length - 1);
  $("maps").replaceChildren(...run.crossbars.map((crossbar, c) => {
    const canvas = element("canvas", { width: crossbar.columns, height: crossbar.rows });
    canvas.style.height = `${Math.min(Math.max(crossbar.rows * 7, 70), 300)}px`;
    const scale = element("div", { class: "scale" });
    scale.style.background = `linear-gradient(to right, ${[...Array(9).keys()].map((k) => `rgb(${colour(Math.sqrt(k / 8)).join()})`).join()})`;
    const siemens = (steps) => `${number(steps)} steps, ${number(steps * run.summary.siemens_per_step * 1e6)} µS`;
    return element("figure", {}, element("figcaption", {}, `crossbar ${c}: ${crossbar.name} nodes`), canvas, scale,
      element("div", { class: "ends" }, element("span", {}, siemens(crossbar.low)), element("span", {}, siemens(crossbar.high))));
  }));
  slider.max = last;
  slider.value = last;
  slider.oninput = () => {
    if (!run.samples.length) return;
    const moment = Number(slider.value);
    $("moment").textContent = number(run.samples[moment]);
    run.crossbars.forEach((crossbar, c) => drawMap($("maps").querySelectorAll("canvas")[c], crossbar, moment));
  };
  slider.oninput();
}

function drawDevices(run) {
  $("devices").replaceChildren(...run.crossbars.map((crossbar, c) => {
    const label = `crossbar ${c}`, x = run.samples, shades = ["#b8cbe2", "#7ba0cc", "#1f5fa8", "#7ba0cc", "#b8cbe2"];
    return element("div", { class: "pair three" },
      chart(`Conductances of ${label}, steps`, "training samples",
        data.quantiles.map((q, k) => ({ name: `${q} %`, x, y: crossbar.quantiles.map((row) => row[k]), colour: shades[k], dash: k > 2 ? "4 3" : undefined }))),
      chart(`Devices of ${label} at their limits, %`, "training samples",
        [{ name: "at g_min", x, y: crossbar.lowest_percent }, { name: "at g_max", x, y: crossbar.highest_percent }]),
      chart(`Updates of ${label}, steps per device and 1000 samples`, "training samples", [{ name: "mean |Δg|", x: x.slice(1), y: crossbar.updates }]));
  }));
}

function drawCircuit(run) {
  const column = (name) => run.columns[name] || [], x = column("sample");
  const seconds = (names) => names.map(([key, name]) => ({ name, x: run.seconds, y: column(key) }));
  $("circuit").replaceChildren(
    chart("What one more sweep would move, of full scale", "training samples",
      [["residual_free", "free"], ["residual_plus", "nudged +"], ["residual_minus", "nudged −"]].map(([key, name]) => ({ name, x, y: column(key) }))),
    chart("Nodes", "training samples", [["dead_nodes", "dead"], ["saturated_nodes", "at a rail"]].map(([key, name]) => ({ name, x, y: column(key) }))),
    chart("Bytes on the line, and events", "seconds since the run began", seconds([["link_sent_bytes", "sent"], ["link_received_bytes", "received"]]),
      run.events.map((e) => ({ x: e.seconds, text: `${e.event} at sample ${e.sample}` }))),
    chart("Times that frames were sent again", "seconds since the run began", seconds([["link_retries", "retries"]])));
  $("events").replaceChildren(table(["event", "sample", "seconds", "detail"],
    run.events.map((e) => [e.event, number(e.sample), e.seconds.toFixed(1), element("td", { class: "text" }, e.detail)])));
}

function drawConfusion(run) {
  if (!run.confusion) return $("confusion").replaceChildren("nothing was logged");
  const most = Math.max(1, ...run.confusion.flat()), name = (k) => run.class_names[k] ?? String(k);
  const recall = (row, i) => { const all = row.reduce((a, b) => a + b, 0); return all ? `${(100 * row[i] / all).toFixed(1)} %` : "–"; };
  $("confusion").replaceChildren(table(["", "recall", ...run.confusion.map((_, k) => name(k))], run.confusion.map((row, i) => [element("th", {}, name(i)), element("th", {}, recall(row, i)), ...row.map((n, j) => {
    const cell = element("td", {}, n || "·"), shade = Math.sqrt(n / most);
    cell.style.background = i === j ? `rgba(31,95,168,${shade})` : `rgba(196,80,46,${n ? 0.2 + 0.8 * shade : 0})`;
    if (shade > 0.5 && i === j) cell.style.color = "#fff";
    return cell;
  })]), "confusion"));
}

function drawRun() {
  const run = data.runs[$("run").value];
  for (const draw of [drawConductances, drawDevices, drawCircuit, drawConfusion]) draw(run);
}

drawRuns();
data.runs.forEach((run, k) => $("run").append(element("option", { value: k }, run.name)));
$("run").onchange = drawRun;
drawRun();
