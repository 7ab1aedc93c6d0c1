import { Command, control, encodeFrames, type Frame, HEADER_LENGTH } from './frame';

interface Waiting {
  readonly data: Buffer;
  /** The last byte is on its way. */
  readonly done: () => void;
}

interface Queue {
  /** The stream is new to the other side. */
  syn: boolean;
  readonly data: Waiting[];
  /** Comes last. */
  fin: (() => void) | undefined;
}

/** A frame with fewer bytes of data is not worth its header, unless no more is there. */
const SMALLEST_PART_BYTES = 64;

/**
 * What streams want to send, and whose turn it is: each stream in its turn fills one frame, so that one with much to
 * say keeps nobody waiting for longer than a round. Touches no socket and no timer.
 */
export class Turns {
  /** In the order of their turns. */
  private readonly queues = new Map<number, Queue>();
  private nop = false;

  /** A new stream. */
  open(streamId: number): void {
    this.queueOf(streamId).syn = true;
  }

  /** `done` is called when the last byte is taken, or the stream cancelled. */
  push(streamId: number, data: Buffer, done: () => void): void {
    this.queueOf(streamId).data.push({ data, done });
  }

  /** Ends the stream behind what was pushed. */
  finish(streamId: number, done: () => void): void {
    this.queueOf(streamId).fin = done;
  }

  /**
   * Forgets what the stream still had to send, and ends it.
   * @returns false when the other side has never heard of the stream, nor ever will
   */
  cancel(streamId: number): boolean {
    const queue = this.queueOf(streamId);
    const { syn, data, fin } = queue;
    if (syn) this.queues.delete(streamId);
    queue.fin ??= () => undefined;
    for (const { done } of data.splice(0)) done();
    if (syn) fin?.();
    return !syn;
  }

  /** Says that we are alive. */
  keepAlive(): void {
    this.nop = true;
  }

  /** Nobody sends any more. */
  clear(): void {
    const queues = [...this.queues.values()];
    this.queues.clear();
    for (const { data, fin } of queues) {
      for (const { done } of data) done();
      fin?.();
    }
  }

  /**
   * The frames whose turn has come: at most `limit` bytes of whole frames, and what to call once they are on their way.
   * Undefined when nobody has anything to send.
   */
  take(limit: number): { readonly bytes: Buffer; readonly done: readonly (() => void)[] } | undefined {
    const frames: Frame[] = [];
    const done: (() => void)[] = [];
    let room = limit;
    if (this.nop) {
      this.nop = false;
      frames.push(control(Command.NOP, 0));
      room -= HEADER_LENGTH;
    }
    for (const [streamId, queue] of this.queues) {
      if (room < HEADER_LENGTH) break;
      if (queue.syn) {
        queue.syn = false;
        frames.push(control(Command.SYN, streamId));
        room -= HEADER_LENGTH;
      }
      const part = takePart(queue, room - HEADER_LENGTH, done);
      if (part === 'no room') break;
      if (part !== undefined) {
        frames.push({ command: Command.PSH, streamId, data: part });
        room -= HEADER_LENGTH + part.length;
      }
      // Behind the others, if it has more; the loop comes to it again.
      this.queues.delete(streamId);
      if (queue.data.length > 0) {
        this.queues.set(streamId, queue);
      } else if (queue.fin !== undefined) {
        if (room < HEADER_LENGTH) {
          this.queues.set(streamId, queue);
          break;
        }
        frames.push(control(Command.FIN, streamId));
        room -= HEADER_LENGTH;
        done.push(queue.fin);
      }
    }
    return frames.length === 0 ? undefined : { bytes: encodeFrames(frames), done };
  }

  private queueOf(streamId: number): Queue {
    const known = this.queues.get(streamId);
    if (known !== undefined) return known;
    const queue: Queue = { syn: false, data: [], fin: undefined };
    this.queues.set(streamId, queue);
    return queue;
  }
}

/** The next bytes of a stream: as many as there is room for. */
function takePart(queue: Queue, room: number, done: (() => void)[]): Buffer | 'no room' | undefined {
  const first = queue.data[0];
  if (first === undefined) return undefined;
  if (room < Math.min(first.data.length, SMALLEST_PART_BYTES)) return 'no room';
  const part = first.data.subarray(0, room);
  if (part.length === first.data.length) {
    queue.data.shift();
    done.push(first.done);
  } else {
    queue.data[0] = { ...first, data: first.data.subarray(part.length) };
  }
  return part;
}
