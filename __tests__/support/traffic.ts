import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from './eventually';
import { encodeRecord, RecordReader } from './records';

const PAUSE_MS = 40;
/** With its frame of smux a record fits into one message of the data channel. */
const LONGEST_RECORD_BYTES = 900;
const ID_LENGTH = 4;

/** One end of a connection: says records, and looks at those of the other end. */
export class End {
  said = 0;
  bytesSaid = 0;
  readonly heard = new RecordReader();
  /** What came was not what was said. */
  wrong: string | undefined;
  /** The other end, or what is between, has closed. */
  isClosed = false;

  constructor(readonly stream: Duplex) {
    stream.on('data', (chunk: Buffer) => {
      try {
        this.heard.take(chunk);
      } catch (error) {
        this.wrong ??= String(error);
      }
    });
    stream.on('error', () => undefined); // 'close' follows
    stream.once('close', () => (this.isClosed = true));
  }

  /** Says so many records of random length. */
  say(records: number): void {
    for (const until = this.said + records; this.said < until && !this.isClosed; this.said += 1) {
      const record = encodeRecord(this.said, Math.floor(Math.random() * LONGEST_RECORD_BYTES));
      this.bytesSaid += record.length;
      this.stream.write(record);
    }
  }
}

/** A server whose ends tests can see, by the id with which a connection begins. */
export class TrafficServer implements Disposable {
  private readonly ends = new Map<number, End>();
  private nextId = 1;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<TrafficServer> {
    const server = createServer();
    const traffic = new TrafficServer(server);
    server.on('connection', (socket) => {
      socket.on('error', () => undefined);
      const begin = (): void => {
        const id = socket.read(ID_LENGTH) as Buffer | null;
        if (id === null) return;
        socket.off('readable', begin);
        traffic.ends.set(id.readUInt32BE(), new End(socket));
      };
      socket.on('readable', begin);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return traffic;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Both ends of a connection that leads here. */
  join(stream: Duplex): Line {
    const id = Buffer.alloc(ID_LENGTH);
    const key = this.nextId++;
    id.writeUInt32BE(key);
    const near = new End(stream);
    stream.write(id);
    return new Line(near, () => this.ends.get(key));
  }

  /** The same, through a port of this machine. */
  async dial(port: number): Promise<Line> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return this.join(socket);
  }

  [Symbol.dispose](): void {
    this.server.close();
    for (const { stream } of this.ends.values()) stream.destroy();
  }
}

/** A connection with its two ends. */
export class Line implements Disposable {
  private isTalking = false;

  constructor(
    readonly near: End,
    private readonly findFar: () => End | undefined,
  ) {}

  get isClosed(): boolean {
    return this.near.isClosed;
  }

  /** Those that have been heard, at both ends. */
  get bytes(): number {
    return this.near.heard.bytes + (this.findFar()?.heard.bytes ?? 0);
  }

  /** What was lost, doubled or changed; undefined: nothing. */
  get wrong(): string | undefined {
    const ended = this.isClosed && this.near.stream.errored === null ? 'it was closed without an error' : undefined;
    return this.near.wrong ?? this.findFar()?.wrong ?? ended;
  }

  /** The far end, once the connection has reached it. @throws Error when it does not */
  async far(): Promise<End> {
    await eventually('the far end of a connection', () => this.findFar() !== undefined || this.isClosed);
    const far = this.findFar();
    if (far === undefined) throw new Error('the connection was closed before it was there');
    return far;
  }

  /**
   * Both ends speak until `settle`, each when it has been heard: what is lost on the way with a connection is bounded
   * then, of which the agent sends ten frames in a second again.
   */
  async talk(): Promise<void> {
    const far = await this.far();
    this.isTalking = true;
    void this.speak(this.near, far);
    void this.speak(far, this.near);
  }

  /** Each end says so many records at once, and hears all of the other's. @throws Error when it does not */
  async exchange(records: number): Promise<void> {
    const far = await this.far();
    this.near.say(records);
    far.say(records);
    await this.settle();
  }

  /** Waits until each end has heard all that the other has said, and says no more. @throws Error when it does not */
  async settle(): Promise<void> {
    this.isTalking = false;
    const { near } = this;
    const far = await this.far();
    const isEven = (): boolean => far.heard.bytes === near.bytesSaid && near.heard.bytes === far.bytesSaid;
    await eventually('all that was said', () => this.isClosed || this.wrong !== undefined || isEven());
    if (this.wrong !== undefined) throw new Error(this.wrong);
    if (!isEven()) throw new Error('the connection was closed');
  }

  /** Waits until each end has heard more than it has now. @throws Error when one does not */
  async goesOn(): Promise<void> {
    const ends = [this.near, await this.far()];
    const before = ends.map(({ heard }) => heard.records);
    await eventually('traffic both ways', () => ends.every(({ heard }, at) => heard.records > (before[at] ?? 0) + 2));
  }

  [Symbol.dispose](): void {
    this.isTalking = false;
    this.near.stream.destroy();
  }

  private async speak(end: End, other: End): Promise<void> {
    while (this.isTalking && !end.isClosed) {
      if (other.heard.records === end.said) end.say(1);
      await sleep(PAUSE_MS);
    }
  }
}
