// Runs a Raspberry Pi Pico's firmware in rp2040js: standard input and output are its USB serial port.
//
//   node board.mjs RP2040JS FIRMWARE FLASH CUT_AFTER [CHIPS]
//
// RP2040JS is that package's folder, FIRMWARE the binary that goes to the start of the flash, FLASH the file that keeps
// the board's filesystem, made if it is not there, CUT_AFTER the bytes written to it after which the power fails, or 0.
// CHIPS is the file descriptor of the chips on its buses: see chips.mjs.
// The board ends with its standard input. It resets itself when its program or its watchdog asks for it.
//
// While the board computes, its instructions advance its clock; while it waits, this computer's clock does.

import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { attach } from "./chips.mjs";
import { Flash } from "./flash.mjs";
import { Rom } from "./rom.mjs";
import { UsbHost } from "./usb.mjs";

const [folder, firmware, kept, cutAfter, chips] = process.argv.slice(2);
const { RP2040, USBCDC } = await import(pathToFileURL(path.join(folder, "dist", "esm", "index.js")));

const VECTORS = 0x10000100; // after the boot loader's second stage, which sets up a flash chip that does not exist here
const FLASH_BYTES = 2 << 20;
const STORAGE_BYTES = 1408 << 10; // MICROPY_HW_FLASH_STORAGE_BYTES of RPI_PICO
const WATCHDOG = 0x40058;
const SLICE = 20000; // instructions between two polls for input
const AHEAD_MS = 1; // how far the board's clock may run ahead of this computer's
const IDLE_MS = 1000;

const binary = fs.readFileSync(firmware);
const silent = Object.fromEntries(["debug", "info", "warn", "error"].map((level) => [level, () => {}]));

let board; // the one that is on now
let paused = null; // the timer of a board that waits, and since when
let origin = performance.now(); // this computer's time at which the board's was 0

// A board that has just started; after a reset it keeps the reason and its scratch registers
function start(watchdog) {
  const rp2040 = new RP2040();
  rp2040.logger = silent;
  rp2040.flash.set(binary);
  for (const pin of rp2040.gpio) {
    // A pad's own output, or its pull: in rp2040js it is low
    const get = () => (pin.outputEnable ? pin.outputValue : pin.pullupEnabled);
    Object.defineProperty(pin, "rawInputValue", { get, set: () => {} });
  }
  const flash = new Flash(rp2040.flash, kept, FLASH_BYTES - STORAGE_BYTES, FLASH_BYTES, Number(cutAfter));
  new Rom(rp2040, flash, () => {
    fs.writeSync(2, "the board waits for new firmware, which this simulation does not take\n");
    process.exit(1);
  });
  if (watchdog) {
    rp2040.peripherals[WATCHDOG].reason = watchdog.reason;
    rp2040.peripherals[WATCHDOG].scratchData.set(watchdog.scratchData);
  }
  const usb = new UsbHost(USBCDC, rp2040.usbCtrl, rp2040.clock, (bytes) => process.stdout.write(Buffer.from(bytes)));
  if (chips) attach(rp2040, Number(chips));
  const started = { rp2040, flash, usb, resets: false };
  rp2040.peripherals[WATCHDOG].onWatchdogTrigger = () => (started.resets = true);
  rp2040.core.VTOR = VECTORS;
  rp2040.core.reset();
  return started;
}

// Milliseconds until this computer's clock reaches the event that the board waits for
function ahead({ clock }) {
  const now = performance.now();
  origin = Math.max(origin, now - clock.nanos / 1e6); // time lost while the board computed is not made up
  return clock.nextAlarm ? origin + clock.nextAlarm.nanos / 1e6 - now : IDLE_MS;
}

function run() {
  const { rp2040 } = board;
  const { core, clock } = rp2040;
  const nanos = 1e9 / rp2040.clkSys;
  for (let n = 0; n < SLICE && !board.resets; n++) {
    if (core.waiting) {
      const pause = ahead(rp2040);
      if (pause > AHEAD_MS) {
        paused = { timer: setTimeout(wake, pause), since: performance.now() };
        return;
      }
      clock.tick(clock.nanosToNextAlarm);
    } else {
      clock.tick(core.executeInstruction() * nanos);
    }
  }
  if (board.resets) {
    fs.closeSync(board.flash.file);
    origin = performance.now();
    board = start(rp2040.peripherals[WATCHDOG]);
  }
  setImmediate(run);
}

// Advance the board's clock by the time that it has waited
function wake() {
  const { clock } = board.rp2040;
  const waited = (performance.now() - paused.since) * 1e6;
  clearTimeout(paused.timer);
  paused = null;
  clock.tick(clock.nextAlarm ? Math.min(waited, clock.nanosToNextAlarm) : waited);
  run();
}

process.stdin.on("data", (bytes) => {
  board.usb.send(bytes);
  if (paused) wake();
});
for (const event of ["end", "error"]) process.stdin.on(event, () => process.exit());
process.stdout.on("error", () => process.exit());

board = start(null);
run();
