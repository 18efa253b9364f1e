// A board at the end of a USB cable, by Web Serial: opens its port, deploys the runtime if the board is at MicroPython's
// prompt, and carries bytes. A board that was unplugged is opened again when it is plugged in.
import { Deployment, Prompt } from "./prompt.js";

const BAUD_RATE = 115200; // means nothing to a USB port
const BUFFER_BYTES = 16384;
const AGAIN_MS = 500; // between two attempts to open a port that is back

/**
 * @typedef {object} Port Web Serial's SerialPort, as far as it is used here
 * @property {ReadableStream<Uint8Array> | null} readable
 * @property {WritableStream<Uint8Array> | null} writable
 * @property {(options: { baudRate: number, bufferSize: number }) => Promise<void>} open
 * @property {() => Promise<void>} close
 */
/** @typedef {EventTarget & { requestPort: () => Promise<Port> }} Serial */

/** @type {() => Serial | undefined} */
const webSerial = () => /** @type {{ serial?: Serial }} */ (/** @type {unknown} */ (navigator)).serial;

export class Cable {
  /**
   * @param {(bytes: Uint8Array) => void} heard called with what the service says
   * @param {(at: "port" | "none", words: string) => void} moved called when the service can be asked, or no more
   * @param {(words: string) => void} tell says what is being done
   */
  constructor(heard, moved, tell) {
    this.heard = heard;
    this.moved = moved;
    this.tell = tell;
    /** @type {Port | null} */
    this.port = null;
    /** @type {Prompt | null} */
    this.prompt = null;
    /** @type {WritableStreamDefaultWriter<Uint8Array> | null} */
    this.writer = null;
    /** @type {ReadableStreamDefaultReader<Uint8Array> | null} */
    this.reader = null;
    this.wanted = false;
  }

  /** Ask the user for a port, and connect to the board there. */
  async choose() {
    const serial = webSerial();
    if (!serial) {
      throw new Error("this browser has no Web Serial: Chrome, Edge and Opera on a computer have it; the board in the page works in every browser");
    }
    const port = await serial.requestPort().catch((error) => {
      throw error.name === "NotFoundError" ? new Error("no port was chosen: connect the board by USB, and choose its port") : error;
    });
    await this.leave();
    this.port = port;
    this.wanted = true;
    await this.connect();
  }

  /** Close the port, and let it be. */
  async leave() {
    this.wanted = false;
    await this.close();
    this.port = null;
  }

  async close() {
    const { reader, writer, port } = this;
    this.reader = this.writer = this.prompt = null;
    await reader?.cancel().catch(() => {});
    reader?.releaseLock();
    writer?.releaseLock();
    await port?.close().catch(() => {});
  }

  async open() {
    const { port } = this;
    try {
      await port?.open({ baudRate: BAUD_RATE, bufferSize: BUFFER_BYTES });
    } catch (error) {
      const reason = error instanceof Error ? error.message : error;
      throw new Error(`the port cannot be opened (${reason}): close the program that uses it, and connect again`);
    }
    if (!port?.readable || !port.writable) throw new Error("the port cannot be read: unplug the board, and connect again");
    this.writer = port.writable.getWriter();
    this.reader = port.readable.getReader();
    this.listen(this.reader);
  }

  /** Open the port; deploy if the board is at its prompt. */
  async connect() {
    try {
      await this.open();
      const prompt = (this.prompt = new Prompt((bytes) => this.send(bytes)));
      this.tell("Waiting for the board …");
      if (await prompt.reached()) {
        const about = await (await fetch("deploy.json")).json();
        await new Deployment(prompt, about, fetched, this.tell).deploy();
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    this.prompt = null;
    this.tell("");
    this.moved("port", "");
  }

  /** @param {ReadableStreamDefaultReader<Uint8Array>} reader */
  async listen(reader) {
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        if (this.prompt) this.prompt.receive(value);
        else this.heard(value);
      }
    } catch {
      // The board was unplugged or reset
    }
    if (this.reader === reader) this.lost();
  }

  /** The port has failed: open it again when it is back. */
  async lost() {
    await this.close();
    this.moved("none", "The board is unplugged. Plug it in, and the lesson goes on.");
    while (this.wanted) {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      try {
        await this.connect();
        return;
      } catch (error) {
        // It is not back yet, or it is another board
        this.tell(`The board is unplugged. Plug it in, and the lesson goes on. (${error instanceof Error ? error.message : error})`);
      }
    }
  }

  /** @param {Uint8Array} bytes */
  async send(bytes) {
    if (!this.writer) return;
    await this.writer.write(bytes).catch(() => {});
  }
}

/** @type {(name: string) => Promise<Uint8Array>} */
async function fetched(name) {
  const response = await fetch(name);
  if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}
