// Shows a board things and names their classes: the sources of a lesson, and a button for each class.
import { element } from "./charts.js";
import { found } from "./drawing.js";
import { Program } from "./serial.js";
import { Camera, Microphone, MotionSensor, Pad } from "./sources.js";

const LOOK_MS = 250; // between two looks at the camera's picture
const HOLD_MS = 150; // between two samples while a class's button is held
const TELL_MS = 8000; // for a program to tell anything: it may be busy, or start
const HEAR_BYTES = 32768; // at a time
const TELLS = "Press a class while the sensor senses it. Hold the button for many samples.";
const REHEARSE = 8; // samples of the data set that are learnt after each new one

/**
 * @typedef {object} Lesson
 * @property {"digits" | "draw" | "camera" | "microphone" | "motion" | "program"} source
 * @property {number[]} layers
 * @property {number} columns of a sample's picture
 * @property {number} halving training samples after which the learning rate halves, or 0
 * @property {string[]} names of the classes; "" for one that is not in use yet
 * @property {string | null} file of samples to begin with
 * @property {{ data: string, scaling: object }} about what the files say that the user takes away
 */

export class Teacher {
  /**
   * @param {import("./board.js").Board} board
   * @param {(work: () => Promise<unknown>) => Promise<void>} attempt
   * @param {(x: Int8Array) => void} see shows features, and asks the board about them
   * @param {() => void} named called when a class has another name
   */
  constructor(board, attempt, see, named) {
    this.board = board;
    this.attempt = attempt;
    this.see = see;
    this.named = named;
    /** @type {Lesson | null} */
    this.lesson = null;
    /** @type {Int8Array | null} */
    this.current = null; // the features that a class's button teaches
    this.words = 0;
    this.pad = new Pad(found("pad", HTMLCanvasElement), () => this.drawn());
    this.camera = new Camera(found("camera", HTMLVideoElement));
    this.microphone = new Microphone((samples) => attempt(() => this.hear(samples)));
    this.sensor = new MotionSensor((samples) => attempt(() => this.feel(samples)));
    const asking = async () => (await board.ask({ do: "asking", utc_s: Math.floor(Date.now() / 1000) })).bytes;
    const lost = (/** @type {string} */ words) => attempt(() => Promise.reject(new Error(words)));
    this.program = new Program(asking, (bytes) => attempt(() => this.told(bytes)), lost);
    this.untold = new Uint8Array(); // what a program said that MicroPython has not heard yet
    this.telling = false;
    found("clear", HTMLButtonElement).addEventListener("click", () => {
      this.pad.clear();
      this.current = null;
    });
    found("add", HTMLButtonElement).addEventListener("click", () => this.add());
    document.addEventListener("keydown", (event) => this.key(event));
    setInterval(() => this.look(), LOOK_MS);
    /** @type {HTMLButtonElement[]} */
    this.buttons = [];
  }

  /** Begin a lesson: open its source. @param {Lesson} lesson */
  async use(lesson) {
    this.lesson = lesson;
    this.current = null;
    this.camera.close();
    this.microphone.close();
    this.sensor.close();
    this.pad.clear();
    if (lesson.source !== "program") this.program.close();
    const { source } = lesson;
    found("by-pad", HTMLElement).hidden = source !== "draw" && lesson.about.data !== "digits";
    for (const each of ["camera", "microphone", "motion", "program"]) found(`by-${each}`, HTMLElement).hidden = source !== each;
    this.show();
    if (source === "camera") await this.camera.open();
    if (source !== "microphone" && source !== "motion") return;
    await this.board.ask({ do: "listen" });
    this.words = 0;
    await (source === "motion" ? this.sensor : this.microphone).open();
  }

  /** Connect a board whose program tells of its sensor; return how many features it tells. */
  async meet() {
    await this.board.ask({ do: "listen" });
    await this.program.open();
    this.current = null;
    const told = () => this.current?.length ?? 0, late = performance.now() + TELL_MS;
    while (!told()) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      if (told() || performance.now() < late) continue;
      this.program.close();
      throw new Error("the board tells of no sensor: start a program there that does, for example by `eqprop record --sensor`, then choose it again");
    }
    return told();
  }

  // ---- what is seen and heard

  drawn() {
    this.current = this.pad.features(this.lesson?.columns ?? 8);
    const x = this.current;
    if (x) this.see(x);
  }

  look() {
    if (this.lesson?.source !== "camera") return;
    const x = this.camera.features(this.lesson.columns);
    if (!x) return;
    this.current = x;
    this.see(x);
  }

  /** @param {Int16Array} samples */
  async hear(samples) {
    if (this.lesson?.source !== "microphone") return;
    const { answer } = await this.board.ask({ do: "hear", bytes: samples.byteLength }, samples);
    found("loudness", HTMLMeterElement).value = answer.loudness;
    if (answer.words === this.words) return;
    this.words = answer.words;
    const { bytes } = await this.board.ask({ do: "word" });
    this.current = new Int8Array(bytes ?? []);
    found("heard", HTMLElement).textContent = `Heard word ${this.words}. Press its class.`;
    this.see(this.current);
  }

  /** @param {Int16Array} samples */
  async feel(samples) {
    if (this.lesson?.source !== "motion") return;
    const { bytes } = await this.board.ask({ do: "feel", bytes: samples.byteLength }, samples);
    this.current = new Int8Array(bytes ?? []);
    this.see(this.current);
  }

  /** @param {Uint8Array} data what a program says */
  async told(data) {
    this.untold = new Uint8Array([...this.untold, ...data]);
    if (this.telling) return;
    this.telling = true;
    try {
      while (this.untold.length) {
        const heard = this.untold.slice(0, HEAR_BYTES);
        this.untold = this.untold.slice(HEAR_BYTES);
        const { answer, bytes } = await this.board.ask({ do: "told", bytes: heard.length }, heard);
        found("tells", HTMLElement).textContent = answer.fault ? `The board says: ${answer.fault}` : TELLS;
        if (!bytes?.length) continue;
        this.current = new Int8Array(bytes);
        if (this.lesson?.source === "program") this.see(this.current);
      }
    } finally {
      this.telling = false;
    }
  }

  /** Whether a class's button may be held for many samples. */
  get goesOn() {
    return ["camera", "motion", "program"].includes(this.lesson?.source ?? "");
  }

  // ---- classes

  /** Teach what is seen or was heard last. @param {number} label */
  async teach(label) {
    this.look();
    const x = this.current;
    if (!x) throw new Error(`${this.lesson?.names[label] ?? label}: there is nothing to teach yet: show it first`);
    await this.board.ask({ do: "teach", label, rehearse: REHEARSE }, x);
    if (!this.goesOn) this.current = null; // one press, one sample
    if (this.lesson?.source === "draw" || this.lesson?.source === "digits") this.pad.clear();
  }

  add() {
    const names = this.lesson?.names ?? [], free = names.indexOf("");
    if (free >= 0) this.rename(free, `Class ${free + 1}`);
    this.show();
    document.getElementById(`name-${free}`)?.focus();
  }

  /** @param {number} label @param {string} name */
  rename(label, name) {
    if (!this.lesson) return;
    this.lesson.names[label] = name;
    this.attempt(() => this.board.ask({ do: "name", classes: this.lesson?.names }));
    this.named();
  }

  /** Draw a button for each class, and a field for its name. */
  show() {
    const names = this.lesson?.names ?? [], fixed = this.lesson?.source === "digits";
    this.buttons = [];
    found("classes", HTMLElement).replaceChildren(...names.flatMap((name, label) => (name ? [this.row(name, label, fixed)] : [])));
    found("add", HTMLButtonElement).hidden = fixed || !names.includes("");
  }

  /** @param {string} name @param {number} label @param {boolean} fixed */
  row(name, label, fixed) {
    const button = /** @type {HTMLButtonElement} */ (element("button", { type: "button", "data-label": label }, name));
    this.buttons[label] = button;
    const teach = () => this.attempt(() => this.teach(label));
    button.addEventListener("click", teach);
    let holding = 0;
    const stop = () => clearInterval(holding);
    button.addEventListener("pointerdown", () => {
      if (this.goesOn) holding = setInterval(teach, HOLD_MS);
    });
    for (const end of ["pointerup", "pointerleave", "pointercancel"]) button.addEventListener(end, stop);
    if (fixed) return element("li", {}, button);
    const field = /** @type {HTMLInputElement} */ (element("input", {
      id: `name-${label}`, value: name, maxlength: 30, "aria-label": `name of class ${label + 1}` }));
    field.addEventListener("change", () => {
      const taken = this.lesson?.names.some((other, k) => k !== label && other === field.value.trim());
      if (field.value.trim() && !taken) this.rename(label, field.value.trim());
      this.show();
    });
    return element("li", {}, button, field);
  }

  /** Say how many samples each class has. @param {number[]} counts */
  count(counts) {
    this.buttons.forEach((button, label) => {
      const text = `${this.lesson?.names[label] ?? ""} (${counts[label] ?? 0})`;
      if (button.textContent !== text) button.textContent = text;
    });
  }

  /** A digit's key teaches: its class of digits, or the class in that place. @param {KeyboardEvent} event */
  key(event) {
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement) return;
    if (!/^[0-9]$/.test(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
    const label = Number(event.key) - (this.lesson?.source === "digits" ? 0 : 1);
    if (this.buttons[label]) this.attempt(() => this.teach(label));
  }
}
