// The data set: a picture of each sample, its class, and a button that deletes it; a page of them at a time.
import { element } from "./charts.js";
import { drawPicture, found } from "./drawing.js";

const PAGE = 24;

export class DataSet {
  /**
   * @param {(request: { do: string, [key: string]: unknown }) => Promise<{ answer: any, bytes?: Uint8Array | undefined }>} ask
   * @param {(work: () => Promise<unknown>) => Promise<void>} attempt
   */
  constructor(ask, attempt) {
    this.ask = ask;
    this.attempt = attempt;
    this.first = 0;
    this.changes = -1;
    this.shown = 0;
    /** @type {string[]} */
    this.names = [];
    this.columns = 8;
    this.grid = found("samples", HTMLElement);
    found("earlier", HTMLButtonElement).addEventListener("click", () => this.turn(-PAGE));
    found("later", HTMLButtonElement).addEventListener("click", () => this.turn(PAGE));
  }

  /** Another lesson has begun. @param {string[]} names @param {number} columns of a picture */
  use(names, columns) {
    this.names = names;
    this.columns = columns;
    this.first = 0;
    this.changes = -1;
  }

  /** @param {number} by */
  turn(by) {
    this.first = Math.max(0, Math.min(this.first + by, PAGE * Math.floor((this.shown - 1) / PAGE)));
    this.changes = -1;
  }

  /** Show what has changed. @param {import("./board.js").View} view */
  show(view) {
    if (view.changes === this.changes) return;
    // What was just taught is seen
    if (this.changes >= 0 && view.shown > this.shown) this.first = PAGE * Math.floor((view.shown - 1) / PAGE);
    this.changes = view.changes;
    this.shown = view.shown;
    this.attempt(() => this.draw());
  }

  async draw() {
    const { answer, bytes } = await this.ask({ do: "pictures", first: this.first, count: PAGE });
    /** @type {number[]} */
    const labels = answer.labels;
    const x = new Int8Array(bytes ?? []), size = x.length / (labels.length || 1);
    this.grid.replaceChildren(...labels.map((label, k) => this.sample(this.first + k, label, x.subarray(k * size, (k + 1) * size))));
    const last = this.first + labels.length;
    found("range", HTMLElement).textContent = this.shown ? `${this.first + 1} to ${last} of ${this.shown}` : "No samples yet.";
    found("earlier", HTMLButtonElement).disabled = !this.first;
    found("later", HTMLButtonElement).disabled = last >= this.shown;
  }

  /** @param {number} k @param {number} label @param {Int8Array} x */
  sample(k, label, x) {
    const canvas = /** @type {HTMLCanvasElement} */ (element("canvas", { role: "img", "aria-label": `sample ${k + 1}` }));
    drawPicture(canvas, x, this.columns);
    const choice = /** @type {HTMLSelectElement} */ (element("select", { "aria-label": `class of sample ${k + 1}` },
      ...this.names.map((name, n) => element("option", { value: n }, name))));
    choice.selectedIndex = label;
    choice.addEventListener("change", () => this.attempt(() => this.ask({ do: "relabel", k, label: choice.selectedIndex })));
    const remove = element("button", { type: "button", "aria-label": `delete sample ${k + 1}` }, "×");
    remove.addEventListener("click", () => this.attempt(() => this.ask({ do: "delete", k })));
    return element("li", {}, canvas, choice, remove);
  }
}
