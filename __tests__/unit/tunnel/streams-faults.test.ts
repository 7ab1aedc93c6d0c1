import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { MAX_PAYLOAD_BYTES } from '../../../src/session/channel';
import { SmuxClient } from '../../../src/tunnel/smux/client';
import type { SmuxStream } from '../../../src/tunnel/smux/stream';
import { FaultyLink } from '../../support/faulty-link';
import { generator } from '../../support/random';
import { SmuxServer } from '../../support/smux-server';

const RUNS = 1000;
const HEADER_BYTES = 8;
/** What the client has handed on before a stream asks for its turn. */
const UNDER_WAY = 5;

/** What one stream is to carry, and how. */
interface Plan {
  readonly upload: Buffer;
  readonly download: Buffer;
  readonly pieces: number;
  readonly openAtMs: number;
  /** The reader comes only when everybody else is done. */
  readonly isSlow: boolean;
  /** The server ends first, and the client when it has all. */
  readonly isServerFirst: boolean;
}

function planOf(random: () => number): Plan {
  const bytes = (): Buffer => {
    const size = random() < 0.2 ? 0 : Math.floor(random() ** 3 * 12_000);
    return Buffer.from(Array.from({ length: size }, () => Math.floor(random() * 256)));
  };
  return {
    upload: bytes(),
    download: bytes(),
    pieces: 1 + Math.floor(random() * 6),
    openAtMs: random() < 0.5 ? 0 : random() * 2000,
    isSlow: random() < 0.2,
    isServerFirst: random() < 0.5,
  };
}

/** Streams between a client under test and a server of ours, over a faulty link. */
class Trial {
  readonly downloads = new Map<number, Buffer>();
  readonly failures: string[] = [];
  private readonly link: FaultyLink;
  private readonly server: SmuxServer;
  /** The same frames, as the client sends them. */
  private readonly sent: SmuxServer;
  private readonly client: SmuxClient;
  private readonly toClient: Buffer[] = [];
  private readonly opened: { readonly plan: Plan; readonly stream: SmuxStream }[] = [];
  private fastOnes: number;
  private tellSlow: () => void = () => undefined;
  private readonly slowMayCome = new Promise<void>((resolve) => (this.tellSlow = resolve));
  /** Something has been set off in the streams, and takes its turns of the event loop. */
  private isBusy = false;

  constructor(
    seed: number,
    private readonly plans: readonly Plan[],
  ) {
    const output = new Readable({ read: () => undefined });
    this.server = new SmuxServer(
      (bytes) => this.toClient.push(bytes),
      (stream, command) => {
        this.serve(stream?.id ?? 0, command);
      },
    );
    this.sent = new SmuxServer(() => undefined);
    this.link = new FaultyLink(seed, {
      deliver: (data) => {
        this.isBusy = true;
        output.push(data);
      },
      takeInput: (data) => {
        this.server.take(data);
      },
    });
    const input = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.sent.take(chunk);
        this.transmit(chunk, done);
      },
    });
    this.client = new SmuxClient({ input, output });
    this.fastOnes = plans.filter(({ isSlow }) => !isSlow).length;
    if (this.fastOnes === 0) this.tellSlow();
  }

  /** @returns why not everything has arrived, or undefined */
  async run(): Promise<string | undefined> {
    for (const plan of this.plans) {
      this.link.schedule(plan.openAtMs, () => {
        this.isBusy = true;
        const stream = this.client.openStream();
        this.opened.push({ plan, stream });
        void this.use(stream, plan);
      });
    }
    this.link.schedule(1, () => {
      this.readSocket();
    });
    const problem = await this.link.run(
      () => this.downloads.size === this.plans.length && this.opened.every(({ stream }) => stream.destroyed),
      async () => {
        if (this.isBusy) await turn();
        this.isBusy = false;
      },
    );
    this.client.close();
    return problem;
  }

  /** What the server has of each stream, in the order of plans. */
  uploads(): Map<Plan, string> {
    return new Map(
      this.opened.map(({ plan, stream }) => [plan, this.server.stream(stream.id).received.toString('hex')]),
    );
  }

  streams(): Map<Plan, string> {
    return new Map(
      this.opened.map(({ plan, stream }) => [plan, this.downloads.get(stream.id)?.toString('hex') ?? 'nothing']),
    );
  }

  private async use(stream: SmuxStream, plan: Plan): Promise<void> {
    stream.on('error', (error) => this.failures.push(String(error)));
    const read = this.read(stream, plan);
    const size = Math.ceil(plan.upload.length / plan.pieces);
    for (let at = 0; at < plan.upload.length; at += size) {
      await this.write(stream, plan.upload.subarray(at, at + size));
    }
    if (plan.isServerFirst) await read;
    stream.end();
  }

  /** Nobody waits for his turn longer than each of the others takes for one of his own. */
  private async write(stream: SmuxStream, piece: Buffer): Promise<void> {
    const framesBefore = this.framesOfOthers(stream);
    await new Promise<void>((resolve) => {
      stream.write(piece, () => {
        resolve();
      });
    });
    const waited = this.framesOfOthers(stream) - framesBefore;
    const turns = Math.ceil(piece.length / (MAX_PAYLOAD_BYTES - HEADER_BYTES)) + 1;
    const fair = (turns + UNDER_WAY) * this.plans.length + UNDER_WAY;
    if (waited > fair) this.failures.push(`stream ${stream.id} waited for ${waited} frames of others, not ${fair}`);
  }

  private framesOfOthers({ id }: SmuxStream): number {
    return this.sent.frames.filter(({ command, streamId }) => command === 'PSH' && streamId !== id).length;
  }

  private async read(stream: SmuxStream, { isSlow }: Plan): Promise<void> {
    if (isSlow) await this.slowMayCome;
    const parts: Buffer[] = [];
    stream.on('data', (data: Buffer) => parts.push(data));
    await once(stream, 'end');
    this.downloads.set(stream.id, Buffer.concat(parts));
    if (!isSlow) this.fastOnes -= 1;
    if (this.fastOnes === 0) this.tellSlow();
  }

  /** The server answers when the stream is there, and ends before the client or after it. */
  private serve(id: number, command: string): void {
    const plan = this.opened.find(({ stream }) => stream.id === id)?.plan;
    if (plan === undefined) return;
    const stream = this.server.stream(id);
    if (command === 'SYN') stream.write(plan.download);
    // A server that has closed hears nothing more, so it is the first only when it has heard all.
    const hasAll = stream.received.length === plan.upload.length;
    if (plan.isServerFirst ? hasAll && command === (plan.upload.length > 0 ? 'PSH' : 'SYN') : command === 'FIN') {
      stream.end();
    }
  }

  private transmit(chunk: Buffer, done: () => void): void {
    if (this.link.takesInput) {
      this.link.sendInput(chunk);
      this.link.schedule(1, () => {
        this.isBusy = true;
        done();
      });
      return;
    }
    this.link.schedule(1, () => {
      this.transmit(chunk, done);
    });
  }

  /** The agent reads 1 KB a millisecond while it is not paused, wherever the frames' borders are. */
  private readSocket(): void {
    if (this.link.takesOutput && this.toClient.length > 0) {
      const all = Buffer.concat(this.toClient.splice(0));
      this.link.sendOutput(all.subarray(0, MAX_PAYLOAD_BYTES));
      if (all.length > MAX_PAYLOAD_BYTES) this.toClient.push(all.subarray(MAX_PAYLOAD_BYTES));
    }
    this.link.schedule(1, () => {
      this.readSocket();
    });
  }
}

it(`all streams carry all they are given, each its own, in turns, whatever the network does (${RUNS} seeds)`, async () => {
  const first = Number(process.env.SEED ?? 1);
  const last = process.env.SEED === undefined ? RUNS : first;
  for (let seed = first; seed <= last; seed += 1) {
    const random = generator(-seed);
    const plans = Array.from({ length: 2 + Math.floor(random() * 9) }, () => planOf(random));
    const trial = new Trial(seed, plans);
    const problem = await trial.run();
    const [uploads, downloads] = [trial.uploads(), trial.streams()];
    // The seed stands in what a failure prints: SEED=… repeats it alone.
    expect({
      seed,
      problem,
      failures: trial.failures,
      uploads: plans.map((plan) => uploads.get(plan)),
      downloads: plans.map((plan) => downloads.get(plan)),
    }).toEqual({
      seed,
      problem: undefined,
      failures: [],
      uploads: plans.map(({ upload }) => upload.toString('hex')),
      downloads: plans.map(({ download }) => download.toString('hex')),
    });
  }
}, 300_000);
