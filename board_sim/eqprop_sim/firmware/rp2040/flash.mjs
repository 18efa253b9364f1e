// The part of the RP2040's flash that holds the filesystem, kept in a file. Each write goes to the file at once.

import fs from "node:fs";

const SECTOR = 4096;
const PAGE = 256;
const ERASE_NS = 45e6; // of a sector, and
const PROGRAM_NS = 0.4e6; // of a page, as a W25Q16JV typically takes

export class Flash {
  // memory: the RP2040's flash. from, to: the part that is kept in the file at `path`, which is made if it is not there.
  // cutAfter: bytes after which the power fails while they are written, which ends this process; 0 for never.
  constructor(memory, path, from, to, cutAfter) {
    Object.assign(this, { memory, from, to, left: cutAfter || Infinity });
    const there = fs.existsSync(path);
    this.file = fs.openSync(path, there ? "r+" : "w+");
    if (there) fs.readSync(this.file, memory, from, to - from, 0);
    else this.keep(from, to - from);
  }

  erase(at, count) {
    return this.change(at, new Uint8Array(count).fill(0xff), (count / SECTOR) * ERASE_NS);
  }

  // Flash is erased to ones: to program it clears bits
  program(at, bytes) {
    return this.change(at, bytes.map((byte, n) => byte & this.memory[at + n]), (bytes.length / PAGE) * PROGRAM_NS);
  }

  change(at, bytes, nanos) {
    const cut = bytes.length > this.left;
    const written = cut ? bytes.subarray(0, this.left) : bytes;
    this.left -= bytes.length;
    this.memory.set(written, at);
    this.keep(at, written.length);
    if (cut) {
      fs.writeSync(2, "the power failed\n");
      process.exit(1);
    }
    return nanos;
  }

  keep(at, count) {
    const first = Math.max(at, this.from);
    const end = Math.min(at + count, this.to);
    if (first < end) fs.writeSync(this.file, this.memory, first, end - first, first - this.from);
  }
}
