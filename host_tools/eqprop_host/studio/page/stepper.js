// Shows one training sample's phases: the voltages of all nodes, and what the update adds to each conductance.
import { element } from "./charts.js";
import { drawMap, drawPicture, found, largest } from "./drawing.js";

/**
 * @typedef {object} Phase
 * @property {string} name
 * @property {number[][]} voltages of each layer above the inputs
 * @property {number[][]} [changes] of each crossbar's conductances, in steps
 */
/** @typedef {{ prediction: number, loss: number, label: number, crc: string, phases: Phase[] }} Step */

/** @type {Record<string, (step: Step, names: string[]) => string>} */
const WORDS = {
  "free phase": ({ prediction, label }, names) =>
    `The sample drives the inputs, and the circuit settles. The highest output is the answer: ${names[prediction]}; right is ${names[label]}.`,
  "nudged towards the answer": ({ label }, names) =>
    `A small current pulls the outputs towards the right answer, ${names[label]}, and the circuit settles again: every node moves a little.`,
  "nudged away from it": () => "The opposite current pushes the outputs the other way.",
  update: () =>
    "Each conductance changes by what it alone can see: the voltages at its two ends, in the two nudged phases.",
  "no error: nothing changes": () => "The outputs are already where they should be, so there is nothing to nudge and nothing changes.",
};

export class Stepper {
  constructor() {
    /** @type {Step | null} */
    this.step = null;
    this.x = new Int8Array();
    /** @type {import("./teacher.js").Lesson | null} */
    this.lesson = null;
    this.signed = false;
    this.at = 0;
    this.learnt = false;
    this.start = found("phase", HTMLElement).textContent ?? "";
  }

  clear() {
    this.step = null;
    found("phases", HTMLElement).replaceChildren();
    found("nodes", HTMLElement).replaceChildren();
    found("phase", HTMLElement).textContent = this.start;
  }

  /**
   * @param {{ answer: Step, bytes?: Uint8Array | undefined }} found the step and its sample
   * @param {import("./teacher.js").Lesson} lesson
   * @param {boolean} signed whether conductances are
   */
  show({ answer, bytes }, lesson, signed) {
    Object.assign(this, { step: answer, x: new Int8Array(bytes ?? []), lesson, signed, learnt: false });
    found("phases", HTMLElement).replaceChildren(...answer.phases.map(({ name }, k) => {
      const button = element("button", { type: "button" }, `${k + 1} ${name}`);
      button.addEventListener("click", () => this.draw(k));
      return button;
    }));
    this.draw(0);
  }

  /** Whether the board, which learns the sample by itself, has come to the same conductances. @param {import("./board.js").View} view */
  compare(view) {
    if (!this.step || this.learnt || view.crc !== this.step.crc) return;
    this.learnt = true;
    this.draw(this.at);
  }

  /** Show phase k. @param {number} k */
  draw(k) {
    const { step, lesson } = this, phase = step?.phases[k];
    if (!step || !lesson || !phase) return;
    this.at = k;
    Array.from(found("phases", HTMLElement).children).forEach((button, n) => button.setAttribute("aria-pressed", String(n === k)));
    const words = WORDS[phase.name]?.(step, lesson.names) ?? phase.name;
    const last = k === step.phases.length - 1 && this.learnt ? ` The board has learnt the sample too, and its conductances are the same: CRC ${step.crc}.` : "";
    found("phase", HTMLElement).textContent = words + last;
    const input = canvas("the sample");
    drawPicture(input, this.x, lesson.columns);
    const figures = [figure(input, "inputs", "picture")];
    // One scale for all phases, so that a small move is seen as small
    const most = phase.voltages.map((_, layer) => Math.max(...step.phases.map((each) => largest(each.voltages[layer] ?? []))));
    if (!phase.changes) phase.voltages.forEach((voltages, layer) => {
      const place = canvas(`voltages of layer ${layer + 2}`), output = layer === phase.voltages.length - 1;
      drawMap(place, voltages, voltages.length, { signed: true, most: most[layer] ?? 1 });
      const moved = step.phases[0]?.voltages[layer]?.map((free, n) => Math.abs((voltages[n] ?? 0) - free)) ?? [0];
      const by = k ? `; the farthest has moved by ${largest(moved).toLocaleString("en")} of ${most[layer]?.toLocaleString("en")}` : "";
      figures.push(figure(place, `${voltages.length} ${output ? "outputs" : "hidden nodes"}${by}`, "strip"));
    });
    phase.changes?.forEach((changes, c) => {
      const columns = changes.length / (phase.voltages[c]?.length ?? 1), byNode = c === 0 && !this.signed;
      const place = canvas(`changes of crossbar ${c + 1}`);
      drawMap(place, changes, byNode ? columns : phase.voltages[c]?.length ?? 1, { signed: true, most: largest(changes), turned: !byNode });
      const count = changes.filter((change) => change).length;
      figures.push(figure(place, `crossbar ${c + 1}: ${count} of ${changes.length} devices change, by up to ${largest(changes)} steps`, ""));
    });
    found("nodes", HTMLElement).replaceChildren(...figures);
  }
}

/** @type {(name: string) => HTMLCanvasElement} */
const canvas = (name) => /** @type {HTMLCanvasElement} */ (element("canvas", { role: "img", "aria-label": name }));

/** @type {(canvas: HTMLCanvasElement, caption: string, kind: string) => HTMLElement} */
const figure = (canvas, caption, kind) => element("figure", { class: kind }, canvas, element("figcaption", {}, caption));
