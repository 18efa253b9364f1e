// Chips on the Pico's SPI 0 and I2C 0. Another process simulates them: it answers each line on file descriptor FD.
//
//   S MICROSECONDS PINS HEX     an SPI frame; the answer is the chip's bytes. PINS: levels of GPIO 0 and up, a number
//   A MICROSECONDS ADDRESS      an I2C write begins, R the same for a read; the answer is "ok", or empty without a chip
//   B MICROSECONDS ADDRESS      the next byte of a read, in hexadecimal. W MICROSECONDS ADDRESS HEX: what was written
//
// The board waits for the answer, so its clock stands still meanwhile.

import fs from "node:fs";

const GATHER_NS = 30000; // after the first byte of an SPI frame, until the processor has queued the others
const READ = 1; // rp2040js's I2CMode.Read

export function attach(rp2040, fd) {
  const buffer = Buffer.alloc(1);

  function ask(...words) {
    fs.writeSync(fd, words.join(" ") + "\n");
    let said = "";
    while (fs.readSync(fd, buffer, 0, 1) && buffer[0] !== 10) said += String.fromCharCode(buffer[0]);
    return said;
  }
  const micros = () => Math.floor(rp2040.clock.nanos / 1000);
  const hex = (bytes) => Buffer.from(bytes).toString("hex");

  // A chip's first byte may depend on the frame's last one here, so a frame is answered when all of it is queued
  const spi = rp2040.spi[0];
  let first = 0;
  const gathered = rp2040.clock.createAlarm(() => {
    const bytes = [first];
    while (!spi.txFIFO.empty) bytes.push(spi.txFIFO.pull());
    const pins = rp2040.gpio.reduce((levels, pin, n) => levels + (pin.value === 1 ? 2 ** n : 0), 0);
    for (const value of Buffer.from(ask("S", micros(), pins, hex(bytes)), "hex")) spi.completeTransmit(value);
  });
  spi.onTransmit = (value) => {
    first = value;
    gathered.schedule(GATHER_NS);
  };

  const i2c = rp2040.i2c[0];
  let address = 0;
  let written = [];
  const writing = () => {
    if (written.length) ask("W", micros(), address, hex(written));
    written = [];
  };
  i2c.onStart = () => {
    writing();
    i2c.completeStart();
  };
  i2c.onConnect = (to, mode) => {
    address = to;
    i2c.completeConnect(ask(mode === READ ? "R" : "A", micros(), address) === "ok");
  };
  i2c.onWriteByte = (value) => {
    written.push(value);
    i2c.completeWrite(true);
  };
  i2c.onReadByte = () => i2c.completeRead(parseInt(ask("B", micros(), address), 16));
  i2c.onStop = () => {
    writing();
    i2c.completeStop();
  };
}
