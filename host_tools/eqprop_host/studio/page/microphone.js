// Runs in the browser's audio thread: collects a microphone's samples and sends them to the page, 64 ms at a time.

const SAMPLES = 512;

class Collector extends AudioWorkletProcessor {
  constructor() {
    super();
    this.samples = new Int16Array(SAMPLES);
    this.used = 0;
  }

  /** @param {Float32Array[][]} inputs */
  process(inputs) {
    for (const value of inputs[0]?.[0] ?? []) {
      this.samples[this.used++] = Math.max(-32768, Math.min(32767, Math.round(32767 * value)));
      if (this.used === SAMPLES) {
        this.port.postMessage(this.samples);
        this.used = 0;
      }
    }
    return true;
  }
}

registerProcessor("microphone", Collector);
