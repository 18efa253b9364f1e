// MicroPython's raw prompt at a port: runs programs on a board, and puts the runtime there, as `eqprop deploy` does
// (`eqprop_host.deploy`): into a new folder, compared by hashes, tested, and only then in the old one's place.

import { fetched } from "./board.js";

const PIECE = 1536; // bytes of a file at a time
const PROMPT_MS = 20000, FILES_MS = 30000, SELFTEST_MS = 120000;
const SILENT_MS = 1500; // after which no program reacts to Ctrl-C
const SPARE_BLOCKS = 6; // of flash, for folders and checkpoints

/** @typedef {{ version: string, mpy: [number, number], file: string, oldest: [number, number], architectures: string[], mark: string, programs: Record<string, string> }} Deploying */

const bytesOf = (/** @type {string} */ text) => new TextEncoder().encode(text);
const LATIN = new TextDecoder("latin1");

/** Return CRC-32 as eight hexadecimal digits. @type {(data: Uint8Array) => string} */
export function crc32(data) {
  let crc = ~0;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (~crc >>> 0).toString(16).padStart(8, "0");
}

/** @type {(data: Uint8Array) => Promise<string>} */
async function sha256(data) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(data)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Prompt {
  /** @param {(bytes: Uint8Array) => Promise<void>} write */
  constructor(write) {
    this.write = write;
    this.heard = "";
    /** @type {() => void} */
    this.wake = () => {};
  }

  /** Take bytes from the board. @param {Uint8Array} bytes */
  receive(bytes) {
    this.heard += LATIN.decode(bytes);
    this.wake();
  }

  /** @param {string} text */
  send(text) {
    return this.write(bytesOf(text));
  }

  /** The board's output before `mark`, which is then dropped. @param {string} mark @param {number} ms @returns {Promise<string>} */
  async until(mark, ms = PROMPT_MS) {
    const deadline = performance.now() + ms;
    for (;;) {
      const at = this.heard.indexOf(mark);
      if (at >= 0) {
        const before = this.heard.slice(0, at);
        this.heard = this.heard.slice(at + mark.length);
        return before;
      }
      await this.more(deadline, () => `no prompt of MicroPython within ${ms / 1000} s: it says "${this.heard.slice(-60)}"`);
    }
  }

  /** Wait for bytes. @param {number} deadline @param {() => string} words of the error if none come */
  async more(deadline, words) {
    const left = deadline - performance.now();
    if (left <= 0) throw new Error(words());
    let timer = 0;
    await new Promise((resolve) => {
      this.wake = () => resolve(null);
      timer = setTimeout(this.wake, left);
    });
    clearTimeout(timer);
  }

  /** Whether MicroPython's prompt is there, or comes at Ctrl-C. A service of eqprop ignores these bytes. */
  async reached() {
    this.heard = "";
    await this.send("\r\x03\r\x02".padEnd(32, "\0"));
    try {
      await this.until(">>> ", SILENT_MS);
      return true;
    } catch {
      return false;
    }
  }

  /** Enter the raw prompt. @param {boolean} fresh after a soft reset, in an empty heap */
  async enter(fresh) {
    const raw = "raw REPL; CTRL-B to exit\r\n>";
    await this.send("\r\x03\x03\r\x01");
    await this.until(raw);
    if (!fresh) return;
    await this.send("\x04");
    await this.until("soft reboot");
    await this.until(raw);
  }

  /** Send a program to the raw prompt by raw paste, whose flow control overflows no buffer. @param {string} text */
  async paste(text) {
    this.heard = "";
    await this.send("\x05A\x01");
    await this.until("R\x01");
    const deadline = performance.now() + PROMPT_MS;
    const byte = async () => {
      while (!this.heard) await this.more(deadline, () => "the board takes no more of a program");
      const code = this.heard.charCodeAt(0);
      this.heard = this.heard.slice(1);
      return code;
    };
    const window = (await byte()) + 256 * (await byte()), data = bytesOf(text);
    for (let at = 0, room = window; at < data.length; ) {
      while (!room || this.heard.startsWith("\x01") || this.heard.startsWith("\x04")) {
        const sign = await byte();
        if (sign === 4) {
          await this.send("\x04"); // the board takes no more of the program, and says why
          return;
        }
        room += window;
      }
      await this.write(data.subarray(at, at + room));
      at += room;
      room = 0;
    }
    await this.send("\x04");
    await this.until("\x04");
  }

  /** Run a program; return its output. @param {string} text @param {number} ms @param {boolean} fresh */
  async execute(text, ms, fresh = false) {
    await this.enter(fresh);
    await this.paste(text);
    const printed = await this.until("\x04", ms), complaint = await this.until("\x04", ms);
    const raised = complaint.split("\n").filter((line) => /^\w*(Error|Exception|Interrupt|Exit)\b/.test(line)).pop();
    if (raised && /ENOSPC|Errno 28|OSError: 28/.test(complaint)) throw new Error("the board's flash is full");
    if (raised) throw new Error(`the board: ${raised.trim()}`);
    return printed;
  }
}

export class Deployment {
  /**
   * @param {Prompt} prompt
   * @param {Deploying} about
   * @param {(words: string) => void} tell
   */
  constructor(prompt, about, tell) {
    this.prompt = prompt;
    this.about = about;
    this.tell = tell;
  }

  /** Run a program of `deploy.on_board`; return its answer. @param {string} name @param {object} given @param {boolean} fresh @param {number} ms */
  async run(name, given, fresh = false, ms = PROMPT_MS) {
    const { programs } = this.about;
    const head = `import json\nrepr = json.dumps\nARGUMENTS = json.loads(${JSON.stringify(JSON.stringify(given))})\n`;
    const printed = await this.prompt.execute(head + programs["files"] + programs[name], ms, fresh);
    for (const [, count, total, text] of printed.matchAll(/\x02(\d+) (\d+) ([^\x02\x03]*)\x03/g)) {
      const sum = Array.from(text ?? "").reduce((all, sign) => all + sign.charCodeAt(0), 0);
      if (Number(count) === text?.length && Number(total) === sum) return JSON.parse(text);
    }
    return null;
  }

  /** Put the runtime on the board, unless it is there, and start its service. @param {boolean} boot also at power-on */
  async deploy(boot) {
    this.tell("Looking at the board …");
    const found = await this.run("probe", {}, true), boots = found?.starts?.startsWith(this.about.mark);
    this.check(found);
    if (boot && found.starts !== null && !boots) {
      throw new Error(`${found.boot} on the board is not eqprop's: let it end with \`import eqprop.service; eqprop.service.main()\`, or move it away`);
    }
    const number = (found.mpy >> 10) & 15, architecture = number ? this.about.architectures[number] : "bytecode";
    if (!architecture) throw new Error("the page has no runtime for this processor: type `eqprop deploy`");
    const data = new Uint8Array(await (await fetched(`runtime-${architecture}.mpy`)).arrayBuffer());
    const digest = found.sha256 ? await sha256(data) : crc32(data), { file } = this.about;
    const installed = Object.keys(found.installed);
    if (installed.length !== 1 || found.installed[file] !== digest) await this.install(found, data, digest);
    this.tell("Testing the runtime on the board …");
    const [, , version, path] = await this.run("selftest", { folder: "" }, true, SELFTEST_MS);
    if (version !== this.about.version || path.replace(/\/__init__\.\w+$/, "") !== `${found.lib}/${file}`) {
      throw new Error(`the board imports eqprop ${version} from ${path}, not ${this.about.version} from ${found.lib}: move that away`);
    }
    const options = (boots && found.starts.match(/watchdog_ms=\d+/)?.[0]) || "";
    const start = (this.about.programs["main"] ?? "").replaceAll("LIB", found.lib).replace("OPTIONS", options);
    if ((boot || boots) && start !== found.starts) await this.run("boot", { boot: found.boot, text: start });
    await this.prompt.enter(true);
    await this.prompt.paste(`import micropython\nmicropython.kbd_intr(-1)\nprint('\\x02')\n${start}`);
    await this.prompt.until("\x02");
  }

  /** @param {any} found */
  check(found) {
    if (!found) throw new Error("no MicroPython answers: put MicroPython on the board, or reset it, and connect again");
    const oldest = this.about.oldest.join(".");
    if (found.implementation !== "micropython") throw new Error(`the board runs ${found.implementation}: put MicroPython ${oldest} or newer on it`);
    const isOld = found.version.localeCompare(oldest, "en", { numeric: true }) < 0; // as 1.9 is before 1.23
    if (isOld) throw new Error(`MicroPython ${found.version} is too old: put ${oldest} or newer on the board`);
    if (found.lacking.length) throw new Error(`the board's MicroPython lacks \`${found.lacking[0]}\`: put ${oldest} or newer on it`);
    if (!found.size) throw new Error("the board has no filesystem for eqprop: put firmware with one on the board");
    const [version, part] = this.about.mpy;
    if ((found.mpy & 255) !== version || ((found.mpy >> 8) & 3) !== part) {
      throw new Error("the board takes another version of compiled files: type `eqprop deploy`, which sends the source");
    }
    const [, elsewhere] = found.starts?.match(/eqprop\.net\.serve\('(\w+)/) ?? [];
    if (elsewhere) throw new Error(`the board serves on ${elsewhere} after power-up: type \`eqprop deploy --serve usb\`, then connect again`);
    if (found.first && !found.ours) throw new Error(`\`import eqprop\` on the board finds ${found.first}: rename it or move it away`);
  }

  /** @param {any} found @param {Uint8Array} data @param {string} digest */
  async install(found, data, digest) {
    const { file } = this.about, needed = (Math.ceil(data.length / (found.block - 8)) + SPARE_BLOCKS) * found.block;
    if (needed > found.flash) {
      throw new Error(`the board's flash has ${found.flash} bytes free, ${needed} are needed: type \`eqprop deploy\`, which leaves parts out`);
    }
    const folder = `${found.lib}/eqprop-new`, { lib } = found;
    try {
      await this.run("stage", { lib, files: [file], replace: false });
      await this.copy(`${folder}/${file}`, data);
      const wrong = await this.run("check", { folder, files: { [file]: digest } });
      if (wrong?.length !== 0) throw new Error(`${file} arrived damaged: connect again`);
      this.tell("Testing the copy …");
      await this.run("selftest", { folder }, true, SELFTEST_MS);
      await this.run("install", { lib }, true);
    } catch (error) {
      // The old runtime stays; what was copied is removed, now or by the next deploy
      if (await this.prompt.reached().catch(() => false)) await this.run("probe", {}, true).catch(() => null);
      throw error;
    }
  }

  /** @param {string} path @param {Uint8Array} data */
  async copy(path, data) {
    for (let start = 0; start < data.length; start += PIECE) {
      this.tell(`Copying the runtime: ${Math.round((100 * start) / data.length)} % of ${data.length} bytes …`);
      const text = btoa(String.fromCharCode(...data.subarray(start, start + PIECE)));
      const open = start ? "" : `file = open(${JSON.stringify(path)}, "wb")\n`;
      const close = start + PIECE >= data.length ? "file.close()\n" : "";
      await this.prompt.execute(`from binascii import a2b_base64\n${open}file.write(a2b_base64("${text}"))\n${close}`, FILES_MS);
    }
  }
}
