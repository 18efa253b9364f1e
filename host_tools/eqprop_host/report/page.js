// Draws the page from the JSON beside it, by the functions of charts.js, which come before these.

const data = JSON.parse(document.getElementById("data").textContent);
const SHADES = shades(VIRIDIS);
const $ = (id) => document.getElementById(id);

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

function table(head, rows, kind = "") {
  const made = element("table", { class: kind }, element("tr", {}, ...head.map((h) => element("th", {}, h))));
  for (const row of rows) made.append(element("tr", {}, ...row.map((cell) => (cell instanceof Node ? cell : element("td", {}, cell)))));
  return made;
}

function drawRuns() {
  $("made").textContent = `${data.runs.length} run${data.runs.length === 1 ? "" : "s"}, drawn by eqprop ${data.version}`;
  const has = (column) => data.runs.some((r) => column in r.columns), numbers = has("test_rmse"), classes = !numbers || has("train_error_percent");
  const keys = [...(classes ? [["test_error_percent", "test error %"], ["best_test_error_percent", "best %"]] : []),
    ...(numbers ? [["test_rmse", "test RMSE"], ["best_test_rmse", "best RMSE"], ["test_r2", "test R²"]] : []), ["layers", "network"], ["data", "data"],
    ["seed", "seed"], ["training_samples", "samples learnt"], ["epochs", "epochs"], ["samples_per_second", "samples/s"], ["board", "board"], ["end", "end"]];
  const cell = (summary, key) => {
    if (key === "board") return element("td", { class: "text" }, summary.board);
    return key === "end" && summary.end === null ? "still going, or was killed" : number(summary[key]);
  };
  $("runs").append(table(["run", ...keys.map((k) => k[1])], data.runs.map((r) => [r.name, ...keys.map((k) => cell(r.summary, k[0]))])));
  const line = (column) => data.runs.map((r, k) => ({ name: r.name, x: column in r.columns ? r.columns.sample : [], y: r.columns[column] || [], colour: tint(k, data.runs.length) }));
  if (data.runs.length > 1) $("which").append(legend(line("loss")));
  const curves = [];
  if (numbers) curves.push(["RMSE of the test samples", "test_rmse"], ["R² of the test samples", "test_r2"]);
  if (classes) curves.push(["Test error (%)", "test_error_percent"], ["Training error (%), each sample before it is learnt", "train_error_percent"]);
  for (const [title, column] of curves) $("curves").append(lines(title, "training samples", line(column)));
  $("curves").append(lines("Mean loss of the epoch", "training samples", line("loss")));
  $("curves").append(lines("Training samples per second", "training samples", line("samples_per_second")));
}

function drawMap(canvas, crossbar, moment) {
  const bytes = atob(crossbar.maps[moment]);
  paint(canvas, crossbar.columns, bytes.length, SHADES, (i) => bytes.charCodeAt(i));
}

function drawConductances(run) {
  const slider = $("slider"), last = Math.max(0, run.samples.length - 1);
  $("maps").replaceChildren(...run.crossbars.map((crossbar, c) => {
    const canvas = element("canvas", { width: crossbar.columns, height: crossbar.rows });
    canvas.style.height = `${Math.min(Math.max(crossbar.rows * 7, 70), 300)}px`;
    const scale = element("div", { class: "scale" });
    scale.style.background = `linear-gradient(to right, ${[...Array(9).keys()].map((k) => `rgb(${SHADES.subarray(4 * Math.round(255 * Math.sqrt(k / 8))).slice(0, 3).join()})`).join()})`;
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
