// The page's end of the worker that runs MicroPython: requests, their answers, and views of the board.

/**
 * @typedef {object} View What the studio's Python (`in_page/studio.py`, `_view`) says of this moment
 * @property {boolean} busy whether there is something left to do
 * @property {boolean} moving whether it can be done without waiting for a cable
 * @property {boolean} ready whether the board holds the lesson's network
 * @property {"page" | "port" | "none"} at where the board is
 * @property {boolean} rehearsing whether the data set is being learnt
 * @property {string} trouble why nothing moves, in one line, or ""
 * @property {number} restarts how often the board has lost its session
 * @property {string} identity the board's description of itself
 * @property {number} sample training samples learnt
 * @property {number} count training samples so far, learnt or not
 * @property {number} shown samples in the data set
 * @property {number} changes how often the data set has changed
 * @property {number[]} counts samples of each class in the data set
 * @property {number} recent how many of the last samples `errors` and `confusion` count
 * @property {number} errors of them
 * @property {number[]} confusion of them, by (class, prediction)
 * @property {string} crc of the conductances shown
 * @property {string} board_crc of the board's own, as it last said; "" before
 * @property {Answer | null} answer to the last question about a sample
 * @property {Tested | null} tested of the samples held back
 * @property {number} bytes in the mailbox for a board on the cable
 * @property {boolean | null} saved whether the board has saved its network
 * @property {[number, number, number, boolean][]} maps each crossbar's address, rows, columns, and whether a row is a node
 */
/** @typedef {{ number: number, class: number, outputs: number[], confidence: number }} Answer */
/** @typedef {{ sample: number, samples: number, errors: number, of: number, confusion: number[] }} Tested */

/** A file of the page. @type {(name: string) => Promise<Response>} */
export async function fetched(name) {
  const response = await fetch(name);
  if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
  return response;
}

export class Board {
  /**
   * @param {(view: View, maps: ArrayBuffer[]) => void} shown called with each view and each crossbar's conductances
   * @param {(bytes: Uint8Array) => void} sent called with what goes to the board at the end of a cable
   */
  constructor(shown, sent) {
    /** @type {Map<number, (answered: { answer: any, bytes?: Uint8Array | undefined }) => void>} by the request's number */
    this.waiting = new Map();
    this.next = 0;
    this.worker = new Worker("worker.js", { type: "module" });
    /** @type {Promise<void>} */
    this.ready = new Promise((resolve, reject) => {
      this.worker.onerror = (event) => reject(new Error(event.message || "worker.js cannot be loaded"));
      this.worker.onmessage = ({ data }) => {
        if (data.view) shown(data.view, data.maps);
        else if (data.line) sent(data.line);
        else if (data.ready) resolve();
        else if (data.failed) reject(new Error(data.failed));
        else this.waiting.get(data.id)?.(data);
      };
    });
  }

  /**
   * Ask the studio's Python to do something; `bytes` goes into its mailbox, `file` to where it reads a file of the
   * user's. Rejects with its words if it cannot.
   * @param {{ do: string, [key: string]: unknown }} request
   * @param {Uint8Array | Int8Array | Int16Array} [bytes]
   * @param {Uint8Array} [file]
   * @returns {Promise<{ answer: any, bytes?: Uint8Array | undefined }>}
   */
  async ask(request, bytes, file) {
    await this.ready;
    const id = this.next++, given = bytes && new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.worker.postMessage({ id, request, bytes: given, file });
    const answered = await new Promise((resolve) => this.waiting.set(id, resolve));
    this.waiting.delete(id);
    if (answered.answer.error) throw new Error(answered.answer.error);
    return answered;
  }
}
