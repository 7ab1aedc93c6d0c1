/** One stream as the server sees it. */
export interface ServerStream {
  readonly id: number;
  /** What has come, all together. */
  readonly received: Buffer;
  /** FIN has come. */
  readonly hasEnded: boolean;
  write(data: Buffer): void;
  end(): void;
}

interface State {
  parts: Buffer[];
  hasEnded: boolean;
}

const SYN = 0;
const FIN = 1;
const PSH = 2;
const NOP = 3;

/**
 * A smux v1 server that remembers what it is told: written from the protocol's description, apart from the client under
 * test. What is no smux, data of a stream that was not opened, and a stream opened twice are errors.
 */
export class SmuxServer {
  /** Every frame that came, by name, stream and length. */
  readonly frames: { readonly command: string; readonly streamId: number; readonly length: number }[] = [];
  private readonly streams = new Map<number, State>();
  private bytes: Buffer = Buffer.alloc(0);

  constructor(
    private readonly send: (bytes: Buffer) => void,
    private readonly onFrame: (stream: ServerStream | undefined, command: string) => void = () => undefined,
  ) {}

  take(more: Buffer): void {
    this.bytes = Buffer.concat([this.bytes, more]);
    while (this.bytes.length >= 8) {
      const [version, command = NaN] = this.bytes;
      const length = this.bytes.readUInt16LE(2);
      const streamId = this.bytes.readUInt32LE(4);
      if (version !== 1 || command > NOP) throw new Error(`no smux: ${this.bytes.toString('hex', 0, 8)}`);
      if (this.bytes.length < 8 + length) return;
      const data = this.bytes.subarray(8, 8 + length);
      this.bytes = this.bytes.subarray(8 + length);
      this.receive(command, streamId, data);
    }
  }

  stream(id: number): ServerStream {
    const state = this.streams.get(id);
    if (state === undefined) throw new Error(`stream ${id} was not opened`);
    return {
      id,
      received: Buffer.concat(state.parts),
      hasEnded: state.hasEnded,
      write: (data) => {
        for (let at = 0; at < data.length; at += 32_768) this.frame(PSH, id, data.subarray(at, at + 32_768));
      },
      end: () => {
        this.frame(FIN, id);
      },
    };
  }

  nop(): void {
    this.frame(NOP, 0);
  }

  private receive(command: number, streamId: number, data: Buffer): void {
    const name = ['SYN', 'FIN', 'PSH', 'NOP'][command] ?? '';
    this.frames.push({ command: name, streamId, length: data.length });
    if (command === NOP) {
      this.onFrame(undefined, name);
      return;
    }
    if (command === SYN) {
      if (this.streams.has(streamId)) throw new Error(`stream ${streamId} was opened twice`);
      this.streams.set(streamId, { parts: [], hasEnded: false });
    }
    const state = this.streams.get(streamId);
    if (state === undefined) throw new Error(`${name} for stream ${streamId}, which was not opened`);
    if (command === PSH && state.hasEnded) throw new Error(`data of stream ${streamId} after its end`);
    if (command === PSH) state.parts.push(Buffer.from(data));
    if (command === FIN) state.hasEnded = true;
    this.onFrame(this.stream(streamId), name);
  }

  private frame(command: number, streamId: number, data: Buffer = Buffer.alloc(0)): void {
    const header = Buffer.from([1, command, 0, 0, 0, 0, 0, 0]);
    header.writeUInt16LE(data.length, 2);
    header.writeUInt32LE(streamId, 4);
    this.send(Buffer.concat([header, data]));
  }
}
