// A stand-in for the RP2040's boot ROM: the host computes the functions that firmware looks up there.
//
// Raspberry Pi's ROM is not needed. Each function is one breakpoint instruction, whose number names the function.
// Results are IEEE 754's; execution times are rough. (RP2040 datasheet, section 2.8: Bootrom.)

const ROM_BYTES = 0x4000;
const VERSION = 3; // of silicon B2
const LOOKUP_AT = 0x100;
const CODE_AT = 0x1000;
const BREAKPOINT = 0xbe00;
const SRAM_AT = 0x20000000;
const FLASH_AT = 0x10000000;
const NOT_THERE = "unused";

const PLAIN = ["P3", "R3", "L3", "T3", "MS", "S4", "MC", "C4", "UB", "IF", "EX", "RE", "RP", "FC", "CX"];
// In the order of the table "SF"
const FLOAT = [
  "add", "subtract", "multiply", "divide", NOT_THERE, NOT_THERE, "root", "toInt", "toFix", "toUint", "toUfix", "fromInt",
  "fromFix", "fromUint", "fromUfix", "cosine", "sine", "tangent", "sineCosine", "exponential", "logarithm", "compare",
  "arctangent", "fromInt64", "fromFix64", "fromUint64", "fromUfix64", "toInt64", "toFix64", "toUint64", "toUfix64",
  "toDouble",
];

const two = (letters) => letters.charCodeAt(0) | (letters.charCodeAt(1) << 8);

const scratch = new DataView(new ArrayBuffer(8));
const float = (bits) => (scratch.setUint32(0, bits, true), scratch.getFloat32(0, true));
const bits = (value) => (scratch.setFloat32(0, value, true), scratch.getUint32(0, true));

// Rounded down, and within the range that the result has
function whole(value, least, most) {
  return Number.isNaN(value) ? 0 : Math.min(Math.max(Math.floor(value), least), most);
}

export class Rom {
  // flash: its `erase(at, count)` and `program(at, bytes)` return nanoseconds.
  // bootloader: called when the firmware asks for its bootloader.
  constructor(rp2040, flash, bootloader) {
    this.rp2040 = rp2040;
    this.functions = this.byName(rp2040.core.registers, flash, bootloader);
    this.names = ["lookup", ...PLAIN, ...FLOAT];
    rp2040.bootrom.set(new Uint32Array(this.image()));
    rp2040.onBreak = (number) => this.call(number);
  }

  image() {
    const rom = new DataView(new ArrayBuffer(ROM_BYTES));
    const address = (number) => (CODE_AT + 2 * number) | 1;
    this.names.forEach((_, number) => rom.setUint16(CODE_AT + 2 * number, BREAKPOINT | number, true));
    let at = LOOKUP_AT;
    const word = (value) => (rom.setUint16(at, value, true), (at += 2));
    [0x75 << 8 | 0x4d, VERSION << 8 | 1].forEach((half, n) => rom.setUint16(0x10 + 2 * n, half, true)); // "Mu", 1
    rom.setUint16(0x14, at, true);
    PLAIN.forEach((name, n) => (word(two(name)), word(address(1 + n))));
    word(0);
    rom.setUint16(0x16, at, true);
    word(two("SF"));
    const floats = (at + 2 + 2 + 4) & ~3; // beyond this pointer, the end of the table and the count before it
    word(floats);
    word(0);
    rom.setUint8(floats - 2, FLOAT.length);
    FLOAT.forEach((_, n) => rom.setUint32(floats + 4 * n, address(1 + PLAIN.length + n), true));
    rom.setUint16(0x18, address(0), true);
    return rom.buffer;
  }

  // Do what the function does, and return to its caller
  call(number) {
    const { core, clock, clkSys } = this.rp2040;
    const cycles = this.functions[this.names[number]]();
    clock.tick((cycles * 1e9) / clkSys);
    core.PC = core.LR & ~1;
  }

  // The bytes at an address, where they lie in one memory
  bytes(address, count) {
    const { sram, flash } = this.rp2040;
    for (const [base, memory] of [[SRAM_AT, sram], [FLASH_AT, flash]]) {
      const at = address - base;
      if (at >= 0 && at + count <= memory.length) return memory.subarray(at, at + count);
    }
    return Uint8Array.from({ length: count }, (_, n) => this.rp2040.readUint8(address + n));
  }

  write(address, data) {
    const at = address - SRAM_AT;
    if (at >= 0 && at + data.length <= this.rp2040.sram.length) this.rp2040.sram.set(data, at);
    else data.forEach((byte, n) => this.rp2040.writeUint8(address + n, byte));
  }

  lookup(r) {
    for (let at = r[0]; this.rp2040.readUint16(at); at += 4) {
      if (this.rp2040.readUint16(at) === (r[1] & 0xffff)) return this.rp2040.readUint16(at + 2);
    }
    return 0;
  }

  // The functions, which take their arguments from registers `r` and return cycles
  byName(r, flash, bootloader) {
    const cyclesOf = (nanos) => (nanos * this.rp2040.clkSys) / 1e9;
    const one = (cycles, f) => () => ((r[0] = bits(f(float(r[0])))), cycles);
    const both = (cycles, f) => () => ((r[0] = bits(f(float(r[0]), float(r[1])))), cycles);
    const result = (cycles, f) => () => ((r[0] = f()), cycles);
    const long = (cycles, f) => () => {
      const value = f();
      [r[0], r[1]] = [Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn)];
      return cycles;
    };
    const pair = (signed) => {
      const value = (BigInt(r[1]) << 32n) | BigInt(r[0]);
      return Number(signed ? BigInt.asIntN(64, value) : value);
    };
    const int = (value) => whole(value, -(2 ** 31), 2 ** 31 - 1) >>> 0;
    const uint = (value) => whole(value, 0, 2 ** 32 - 1);
    // The largest doubles below 2**63 and 2**64
    const int64 = (value) => BigInt(whole(value, -(2 ** 63), 2 ** 63 - 1024));
    const uint64 = (value) => BigInt(whole(value, 0, 2 ** 64 - 2048));
    const nothing = () => 100;
    const fill = () => (this.write(r[0], new Uint8Array(r[2]).fill(r[1])), 20 + r[2] / 4);
    const copy = () => (this.write(r[0], this.bytes(r[1], r[2])), 20 + r[2] / 2);
    return {
      lookup: result(40, () => this.lookup(r)),
      P3: result(20, () => r[0].toString(2).replaceAll("0", "").length),
      R3: result(20, () => parseInt(r[0].toString(2).padStart(32, "0").split("").reverse().join(""), 2)),
      L3: result(20, () => Math.clz32(r[0])),
      T3: result(20, () => (r[0] ? 31 - Math.clz32(r[0] & -r[0]) : 32)),
      MS: fill,
      S4: fill,
      MC: copy,
      C4: copy,
      UB: () => (bootloader(), 0),
      IF: nothing,
      EX: nothing,
      FC: nothing,
      CX: nothing,
      RE: () => cyclesOf(flash.erase(r[0], r[1])),
      RP: () => cyclesOf(flash.program(r[0], this.bytes(r[1], r[2]))),
      add: both(70, (a, b) => a + b),
      subtract: both(70, (a, b) => a - b),
      multiply: both(70, (a, b) => a * b),
      divide: both(70, (a, b) => a / b),
      compare: result(30, () => Math.sign(float(r[0]) - float(r[1])) >>> 0),
      root: one(70, Math.sqrt),
      cosine: one(600, Math.cos),
      sine: one(600, Math.sin),
      tangent: one(600, Math.tan),
      exponential: one(600, Math.exp),
      logarithm: one(600, Math.log),
      arctangent: both(600, Math.atan2),
      sineCosine: () => (([r[0], r[1]] = [Math.sin, Math.cos].map((f) => bits(f(float(r[0]))))), 700),
      toInt: result(40, () => int(float(r[0]))),
      toFix: result(40, () => int(float(r[0]) * 2 ** r[1])),
      toUint: result(40, () => uint(float(r[0]))),
      toUfix: result(40, () => uint(float(r[0]) * 2 ** r[1])),
      fromInt: result(50, () => bits(r[0] | 0)),
      fromFix: result(50, () => bits((r[0] | 0) * 2 ** -r[1])),
      fromUint: result(50, () => bits(r[0])),
      fromUfix: result(50, () => bits(r[0] * 2 ** -r[1])),
      fromInt64: result(60, () => bits(pair(true))),
      fromFix64: result(60, () => bits(pair(true) * 2 ** -r[2])),
      fromUint64: result(60, () => bits(pair(false))),
      fromUfix64: result(60, () => bits(pair(false) * 2 ** -r[2])),
      toInt64: long(60, () => int64(float(r[0]))),
      toFix64: long(60, () => int64(float(r[0]) * 2 ** r[1])),
      toUint64: long(60, () => uint64(float(r[0]))),
      toUfix64: long(60, () => uint64(float(r[0]) * 2 ** r[1])),
      toDouble: long(40, () => (scratch.setFloat64(0, float(r[0]), true), scratch.getBigUint64(0, true))),
    };
  }
}
