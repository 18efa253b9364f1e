// The host at the other end of the board's USB cable: it finds the serial port, carries bytes and counts frames.

const SOF_RD = 0x48;
const START_OF_FRAME = 1 << 17; // in the interrupts' registers
const FRAME_NS = 1e6;
const PORT_NS = 100e6; // from a device's set-up until the computer offers it as a port that programs can open

export class UsbHost {
  // USBCDC: rp2040js's class that enumerates a device. toHost: called with the bytes that the board sends.
  constructor(USBCDC, usb, clock, toHost) {
    this.usb = usb;
    this.room = 0; // bytes that the board takes now
    this.waiting = [];
    this.isOpen = false;
    const opening = clock.createAlarm(() => {
      this.isOpen = true;
      this.feed();
    });
    this.cdc = new USBCDC(usb);
    this.cdc.onDeviceConnected = () => opening.schedule(PORT_NS);
    this.cdc.onSerialData = toHost;
    // With nothing to send, rp2040js would answer with empty packets without end
    usb.onEndpointRead = (endpoint, room) => {
      if (endpoint !== this.cdc.outEndpoint) return;
      this.room = room;
      this.feed();
    };
    this.countFrames(clock);
  }

  send(bytes) {
    this.waiting.push(bytes);
    this.feed();
  }

  feed() {
    if (!this.isOpen || !this.room || !this.waiting.length) return;
    const next = this.waiting[0];
    const packet = next.subarray(0, this.room);
    this.room = 0;
    if (packet.length === next.length) this.waiting.shift();
    else this.waiting[0] = next.subarray(packet.length);
    this.usb.endpointReadDone(this.cdc.outEndpoint, packet);
  }

  // Firmware may ask for an interrupt each millisecond, which rp2040js lacks. MicroPython asks, to learn when it may
  // send what it printed before the port was opened.
  countFrames(clock) {
    const { usb } = this;
    const [read, write] = [usb.readUint32.bind(usb), usb.writeUint32.bind(usb)];
    const frame = clock.createAlarm(() => {
      if (!(usb.intEnable & START_OF_FRAME)) return;
      usb.sofFrameNumber = (usb.sofFrameNumber + 1) & 0x7ff;
      usb.intRaw |= START_OF_FRAME;
      usb.checkInterrupts();
      frame.schedule(FRAME_NS);
    });
    usb.writeUint32 = (offset, value) => {
      const asked = usb.intEnable & START_OF_FRAME;
      write(offset, value);
      if (!asked && usb.intEnable & START_OF_FRAME) frame.schedule(FRAME_NS);
    };
    usb.readUint32 = (offset) => {
      if (offset === SOF_RD) {
        usb.intRaw &= ~START_OF_FRAME;
        usb.checkInterrupts();
      }
      return read(offset);
    };
  }
}
