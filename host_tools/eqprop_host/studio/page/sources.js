// What a lesson's samples come from: a drawing pad, a camera, a microphone, a motion sensor. Each gives features, int8.

const PAD = 192; // pixels of the drawing pad
const PEN = 16;
const DARKEST = 24; // a picture with less contrast, in grey levels, is not stretched further
const READINGS = 6; // of a motion sensor at a time
const SENSOR_MS = 3000; // for its first reading
const RATE_HZ = 8000; // of sound, as `in_page/ear.py`

/** A canvas of `side` pixels that is read often. @type {(side: number) => CanvasRenderingContext2D} */
function small(side) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  context.imageSmoothingQuality = "high";
  return context;
}

/** Grey levels 0..255 of a canvas. @type {(context: CanvasRenderingContext2D) => number[]} */
function greys(context) {
  const { data } = context.getImageData(0, 0, context.canvas.width, context.canvas.height);
  const found = [];
  for (let i = 0; i < data.length; i += 4) {
    found.push(0.299 * (data[i] ?? 0) + 0.587 * (data[i + 1] ?? 0) + 0.114 * (data[i + 2] ?? 0));
  }
  return found;
}

/** Features of a picture: 0 for its mean, the farthest level at full scale, whatever the light. @type {(levels: number[]) => Int8Array} */
export function contrast(levels) {
  const mean = levels.reduce((sum, level) => sum + level, 0) / levels.length;
  const most = Math.max(DARKEST, ...levels.map((level) => Math.abs(level - mean)));
  return Int8Array.from(levels, (level) => Math.round((127 * (level - mean)) / most));
}

/** Why a camera or a microphone cannot be had, by the error's name. @type {Record<string, string>} */
const REFUSED = {
  NotAllowedError: "this page has no permission: allow it in the browser's address bar, then choose it again",
  NotFoundError: "none was found: plug one in, then choose it again",
  NotReadableError: "another program uses it: close that, then choose it again",
};

/** @type {(what: string, constraints: MediaStreamConstraints) => Promise<MediaStream>} */
async function stream(what, constraints) {
  if (!navigator.mediaDevices) throw new Error(`${what}: the browser gives it only to pages on https or localhost`);
  return navigator.mediaDevices.getUserMedia(constraints).catch(({ name, message }) => {
    throw new Error(`${what}: ${REFUSED[name] ?? message}`);
  });
}

/** A drawing pad: strokes in white on black. */
export class Pad {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {() => void} drawn called after each stroke
   */
  constructor(canvas, drawn) {
    canvas.width = canvas.height = PAD;
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
    this.clear();
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.context.beginPath();
      this.stroke(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) this.stroke(event);
    });
    canvas.addEventListener("pointerup", () => drawn());
  }

  clear() {
    this.context.fillStyle = "#000";
    this.context.fillRect(0, 0, PAD, PAD);
    Object.assign(this.context, { strokeStyle: "#fff", lineWidth: PEN, lineCap: "round", lineJoin: "round" });
  }

  /** @param {PointerEvent} event */
  stroke(event) {
    const box = this.canvas.getBoundingClientRect(), scale = PAD / box.width;
    const x = (event.clientX - box.left) * scale, y = (event.clientY - box.top) * scale;
    this.context.lineTo(x, y);
    this.context.stroke();
  }

  /** The drawing, cut to its strokes, as `side` by `side` levels 0..127; null if it is empty. @param {number} side */
  features(side) {
    const levels = greys(this.context);
    let [left, right, top, bottom] = [PAD, -1, PAD, -1];
    levels.forEach((level, i) => {
      if (level < 64) return;
      const x = i % PAD, y = Math.floor(i / PAD);
      [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
    });
    if (right < 0) return null;
    const size = Math.max(right - left, bottom - top) + 1;
    const x = (left + right + 1 - size) / 2, y = (top + bottom + 1 - size) / 2;
    const context = small(side);
    context.drawImage(this.canvas, x, y, size, size, 0, 0, side, side);
    return Int8Array.from(greys(context), (level) => Math.min(127, Math.round(level / 2)));
  }
}

/** A camera, whose picture is cut to a square. */
export class Camera {
  /** @param {HTMLVideoElement} video where the picture is shown */
  constructor(video) {
    this.video = video;
    /** @type {MediaStream | null} */
    this.stream = null;
  }

  async open() {
    this.close();
    this.stream = await stream("camera", { video: { width: { ideal: 320 }, height: { ideal: 240 } } });
    this.video.srcObject = this.stream;
    await this.video.play();
  }

  close() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.srcObject = null;
  }

  /** The picture of this moment, `side` by `side`; null before there is one. @param {number} side */
  features(side) {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!this.stream || !width) return null;
    const size = Math.min(width, height), context = small(side);
    context.drawImage(this.video, (width - size) / 2, (height - size) / 2, size, size, 0, 0, side, side);
    return contrast(greys(context));
  }
}

/** A microphone: calls `heard` with int16 samples at 8 kHz. */
export class Microphone {
  /** @param {(samples: Int16Array) => void} heard */
  constructor(heard) {
    this.heard = heard;
    /** @type {AudioContext | null} */
    this.context = null;
    /** @type {MediaStream | null} */
    this.stream = null;
  }

  async open() {
    this.close();
    const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 };
    this.stream = await stream("microphone", { audio: plain });
    this.context = new AudioContext({ sampleRate: RATE_HZ });
    await this.context.audioWorklet.addModule("microphone.js");
    const worklet = new AudioWorkletNode(this.context, "microphone", { numberOfOutputs: 0 });
    worklet.port.onmessage = ({ data }) => this.heard(data);
    this.context.createMediaStreamSource(this.stream).connect(worklet);
    await this.context.resume();
  }

  close() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.context?.close();
    this.stream = this.context = null;
  }
}

/** A phone's or laptop's motion sensor: calls `felt` with int16 accelerations in cm/s^2, three for each reading. */
export class MotionSensor {
  /** @param {(samples: Int16Array) => void} felt */
  constructor(felt) {
    this.felt = felt;
    /** @type {number[]} */
    this.samples = [];
    this.moved = (/** @type {DeviceMotionEvent} */ { acceleration, accelerationIncludingGravity }) => {
      const { x, y, z } = accelerationIncludingGravity ?? acceleration ?? {};
      if (typeof x !== "number") return;
      this.samples.push(...[x, y ?? 0, z ?? 0].map((a) => Math.max(-32768, Math.min(32767, Math.round(100 * a)))));
      if (this.samples.length < 3 * READINGS) return;
      this.felt(Int16Array.from(this.samples));
      this.samples = [];
    };
  }

  async open() {
    this.close();
    // Apple's browsers ask the user first
    const asking = /** @type {{ requestPermission?: () => Promise<string> }} */ (
      /** @type {unknown} */ (globalThis.DeviceMotionEvent));
    if (asking?.requestPermission && (await asking.requestPermission()) !== "granted") {
      throw new Error("motion: this page has no permission: allow it in the browser's settings, then choose it again");
    }
    const first = new Promise((resolve, reject) => {
      addEventListener("devicemotion", (event) => typeof event.accelerationIncludingGravity?.x === "number" && resolve(null));
      setTimeout(() => reject(new Error("motion: no sensor answers: open the page on a phone or a laptop that has one")), SENSOR_MS);
    });
    addEventListener("devicemotion", this.moved);
    await first;
  }

  close() {
    removeEventListener("devicemotion", this.moved);
  }
}
