// Boards at the end of a USB cable, by Web Serial: one that learns, and one whose program tells of its sensor.
import { fetched } from "./board.js";
import { Deployment, Prompt } from "./prompt.js";

const BAUD_RATE = 115200; // means nothing to a USB port
const BUFFER_BYTES = 16384;
const AGAIN_MS = 500; // between two attempts to open a port that is back
const ASK_MS = 1000; // between two requests to tell; a program stops after five seconds
const UNPLUGGED = "The board is unplugged. Plug it in, and the lesson goes on.";

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

/** A port of Web Serial: carries bytes. */
class Line {
  /**
   * @param {(bytes: Uint8Array) => void} heard called with what comes
   * @param {() => void} lost called when the port fails
   */
  constructor(heard, lost) {
    this.heard = heard;
    this.lost = lost;
    /** @type {Port | null} */
    this.port = null;
    /** @type {WritableStreamDefaultWriter<Uint8Array> | null} */
    this.writer = null;
    /** @type {ReadableStreamDefaultReader<Uint8Array> | null} */
    this.reader = null;
  }

  /** Ask the user for a port, and close the one before. */
  async choose() {
    const serial = webSerial();
    if (!serial) {
      throw new Error("this browser has no Web Serial: Chrome, Edge and Opera on a computer have it; the board in the page works in every browser");
    }
    const port = await serial.requestPort().catch((error) => {
      throw error.name === "NotFoundError" ? new Error("no port was chosen: connect the board by USB, and choose its port") : error;
    });
    await this.close();
    this.port = port;
  }

  async close() {
    const { reader, writer, port } = this;
    this.reader = this.writer = null;
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

  /** @param {ReadableStreamDefaultReader<Uint8Array>} reader */
  async listen(reader) {
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        this.heard(value);
      }
    } catch {
      // The board was unplugged or reset
    }
    if (this.reader === reader) this.lost();
  }

  /** @param {Uint8Array} bytes */
  async send(bytes) {
    await this.writer?.write(bytes).catch(() => {});
  }
}

/** A board that learns: gets the runtime if it is at MicroPython's prompt; unplugged, it is opened again when it is back. */
export class Cable {
  /**
   * @param {(bytes: Uint8Array) => void} heard called with what the service says
   * @param {(at: "port" | "none", words: string) => void} moved called when the service can be asked, or no more
   * @param {(words: string) => void} tell says what is being done
   */
  constructor(heard, moved, tell) {
    this.line = new Line((bytes) => (this.prompt ? this.prompt.receive(bytes) : heard(bytes)), () => this.lost());
    this.moved = moved;
    this.tell = tell;
    /** @type {Prompt | null} */
    this.prompt = null;
    this.wanted = this.boot = false;
  }

  /** Ask the user for a port, and connect to the board there. @param {boolean} boot whether it is to serve from power-on */
  async choose(boot) {
    await this.line.choose();
    this.wanted = true;
    this.boot = boot;
    await this.connect();
  }

  /** Close the port, and let it be. */
  async leave() {
    this.wanted = false;
    await this.line.close();
  }

  /** Open the port; deploy if the board is at its prompt. */
  async connect() {
    try {
      await this.line.open();
      const prompt = (this.prompt = new Prompt((bytes) => this.line.send(bytes)));
      this.tell("Waiting for the board …");
      if (await prompt.reached()) {
        const about = await (await fetched("deploy.json")).json();
        await new Deployment(prompt, about, this.tell).deploy(this.boot);
      }
    } catch (error) {
      await this.line.close();
      throw error;
    } finally {
      this.prompt = null;
    }
    this.tell("");
    this.moved("port", "");
  }

  /** The port has failed: open it again when it is back. */
  async lost() {
    await this.line.close();
    this.moved("none", UNPLUGGED);
    while (this.wanted) {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      try {
        await this.connect();
        return;
      } catch (error) {
        // It is not back yet, or it is another board
        this.tell(`${UNPLUGGED} (${error instanceof Error ? error.message : error})`);
      }
    }
  }
}

/** A board whose program tells of its sensor, as those of `eqprop record` do. */
export class Program {
  /**
   * @param {() => Promise<Uint8Array | undefined>} asking what makes it tell for some seconds more
   * @param {(bytes: Uint8Array) => void} heard called with what it says
   * @param {(words: string) => void} lost called when the port fails
   */
  constructor(asking, heard, lost) {
    this.asking = asking;
    this.timer = 0;
    this.line = new Line(heard, () => {
      this.close();
      lost(`${UNPLUGGED.replace("lesson", "program")} Then choose it again.`);
    });
  }

  async open() {
    await this.line.choose();
    await this.line.open();
    const ask = async () => this.line.send((await this.asking()) ?? new Uint8Array());
    await ask();
    this.timer = setInterval(ask, ASK_MS);
  }

  async close() {
    clearInterval(this.timer);
    await this.line.close();
  }
}
