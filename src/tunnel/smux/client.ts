import { ProtocolError, UserError } from '../../errors';
import { Backlog, MAX_HELD_MS } from './backlog';
import { Command, FrameDecoder } from './frame';
import { KeepAlive } from './keep-alive';
import type { ByteLink, SmuxOptions } from './options';
import { SmuxStream, type StreamHost } from './stream';
import { Turns } from './turns';

/** Its reader was so slow that the others had to wait. */
export class SlowReaderError extends UserError {
  constructor() {
    super('A connection was ended: what came for it was not read, and there was no more room to keep it');
  }
}

/** The client's ids are odd, and xtaci/smux begins with this one. */
const FIRST_STREAM_ID = 3;
const LAST_STREAM_ID = 0xffff_ffff;
/** A message of the data channel holds so much; a frame never crosses its border, so none waits for the next. */
const TURN_BYTES = 1024;
/** What is decoded at once: megabytes may come together, and of empty frames there are 8,000 in this. */
const PIECE_BYTES = 64 * 1024;
/** Few, because who is written here has had its turn, and an urgent stream must wait until they have gone. */
const MAX_TURNS_UNDER_WAY = 4;

/**
 * The client's side of smux v1: many streams over one link.
 *
 * The protocol has no windows: one stream cannot be stopped, only all. So what a slow reader does not take is kept, and
 * the others go on. When `maxBacklogBytes` are kept the link is no longer read, which stops the other side. A stream
 * that is alone may then take its time, as over plain TCP, also beside idle ones; but those that are in use must not
 * wait for it without end: after `maxHeldMs` the one with the largest backlog is ended with a `SlowReaderError`.
 */
export class SmuxClient implements StreamHost, Disposable {
  private readonly decoder = new FrameDecoder();
  private readonly turns = new Turns();
  /** What the other side may still send something for, and whether it has. */
  private readonly open = new Map<number, { readonly stream: SmuxStream; heard: boolean }>();
  /** What somebody here still has, and when bytes last went either way, in ms since 1970. */
  private readonly used = new Map<SmuxStream, number>();
  private nextId = FIRST_STREAM_ID;
  private turnsUnderWay = 0;
  private isScheduled = false;
  private readonly backlog: Backlog;
  private readonly keepAlive: KeepAlive;
  private over = false;

  constructor(
    private readonly link: ByteLink,
    private readonly options: SmuxOptions = {},
  ) {
    this.backlog = new Backlog(link.output, options, () => {
      this.makeRoom();
    });
    this.keepAlive = new KeepAlive(options, () => {
      this.turns.keepAlive();
      this.schedule();
    });
    link.output.on('data', this.receive);
  }

  /** A new stream, at once; whether the other side can do anything with it shows when it answers. */
  openStream(): SmuxStream {
    if (this.over) throw new ProtocolError('a smux stream was asked for after the end');
    if (this.nextId > LAST_STREAM_ID) throw new UserError('The session has no more streams', 'Open another session');
    const stream = new SmuxStream(this.nextId, this, { finAfterQuietMs: this.options.finAfterQuietMs ?? 0 });
    this.nextId += 2;
    this.open.set(stream.id, { stream, heard: false });
    this.used.set(stream, Date.now());
    stream.once('close', () => this.used.delete(stream));
    this.turns.open(stream.id);
    this.schedule();
    return stream;
  }

  send(stream: SmuxStream, data: Buffer, done: () => void): void {
    if (this.over) {
      done();
      return;
    }
    this.used.set(stream, Date.now());
    this.turns.push(stream.id, data, done);
    this.transmit();
  }

  finish({ id }: SmuxStream, done: () => void): void {
    if (this.over) {
      done();
      return;
    }
    this.turns.finish(id, done);
    this.schedule();
  }

  abandon({ id }: SmuxStream): void {
    if (this.over) return;
    // The other side ends it too, unless it has never begun.
    if (!this.turns.cancel(id)) this.open.delete(id);
    this.schedule();
  }

  get isListening(): boolean {
    return !this.backlog.isHeld && (this.options.isLinkUp?.() ?? true);
  }

  keeps(bytes: number): void {
    this.backlog.add(bytes);
  }

  /** Ends everything; streams that the other side has not ended are destroyed, with `reason` if there is one. */
  close(reason?: Error): void {
    if (this.over) return;
    this.over = true;
    this.keepAlive[Symbol.dispose]();
    this.backlog.close();
    this.link.output.off('data', this.receive);
    this.turns.clear();
    for (const { stream } of this.open.values()) stream.destroy(reason);
    this.open.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  private readonly receive = (bytes: Buffer): void => {
    this.keepAlive.moved();
    try {
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) this.take(bytes.subarray(at, at + PIECE_BYTES));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.close(error);
      this.options.onFailure?.(error);
    }
  };

  /** The agent opens no streams, and a NOP has done its work by coming. */
  private take(bytes: Buffer): void {
    for (const { command, streamId, data } of this.decoder.take(bytes)) {
      if (command === Command.PSH) this.receiveData(streamId, data);
      else if (command === Command.FIN) this.receiveEnd(streamId);
    }
  }

  private receiveData(streamId: number, data: Buffer): void {
    const known = this.open.get(streamId);
    if (known === undefined) return; // ended on both sides, or never ours
    known.heard = true;
    if (known.stream.destroyed) return;
    this.used.set(known.stream, Date.now());
    known.stream.receive(data);
  }

  private receiveEnd(streamId: number): void {
    const known = this.open.get(streamId);
    if (known === undefined) return;
    this.open.delete(streamId);
    const failure = known.heard ? undefined : this.options.explainSilentEnd?.();
    if (failure === undefined) known.stream.receiveEnd();
    else known.stream.destroy(failure);
  }

  /** Beginnings and ends can wait for what is said with them. */
  private schedule(): void {
    if (this.isScheduled || this.over) return;
    this.isScheduled = true;
    process.nextTick(() => {
      this.isScheduled = false;
      this.transmit();
    });
  }

  private transmit(): void {
    while (!this.over && this.turnsUnderWay < MAX_TURNS_UNDER_WAY) {
      const turn = this.turns.take(TURN_BYTES);
      if (turn === undefined) return;
      this.keepAlive.moved();
      this.turnsUnderWay += 1;
      this.link.input.write(turn.bytes, () => {
        this.turnsUnderWay -= 1;
        for (const done of turn.done) done();
        this.transmit();
      });
    }
  }

  /** The link has been held for a while: whoever was in the middle of something, or has begun since, waits. */
  private makeRoom(): void {
    const since = Date.now() - 2 * (this.options.maxHeldMs ?? MAX_HELD_MS);
    const [slowest, ...others] = [...this.used].toSorted(([a], [b]) => b.backlog - a.backlog);
    if (others.some(([, lastUsed]) => lastUsed >= since)) slowest?.[0].destroy(new SlowReaderError());
  }
}
