import type { Readable } from 'node:stream';

export interface BacklogOptions {
  /** What may be kept, all together, in bytes. @default 32 MiB */
  readonly maxBacklogBytes?: number;
  /** How long a full backlog may keep other streams waiting, in ms. @default 10 s */
  readonly maxHeldMs?: number;
}

const MAX_BACKLOG_BYTES = 32 * 1024 * 1024;
export const MAX_HELD_MS = 10_000;
/** A held link is read again when so much of the backlog has gone. */
const RELEASED_PART = 1 / 32;

/** What is kept for slow readers: when it is too much the link that it comes from is not read. */
export class Backlog {
  private bytes = 0;
  private held: NodeJS.Timeout | undefined;
  private over = false;

  /** @param makeRoom what to do each time that the link has been held for `maxHeldMs` */
  constructor(
    private readonly link: Readable,
    private readonly options: BacklogOptions,
    private readonly makeRoom: () => void,
  ) {}

  get isHeld(): boolean {
    return this.held !== undefined;
  }

  /** It has grown by so many bytes, or shrunk. */
  add(bytes: number): void {
    this.bytes += bytes;
    const { maxBacklogBytes = MAX_BACKLOG_BYTES } = this.options;
    if (this.bytes > maxBacklogBytes) this.hold();
    else if (this.bytes <= maxBacklogBytes * (1 - RELEASED_PART)) this.release();
  }

  /** The link is no longer ours to hold. */
  close(): void {
    this.over = true;
    this.release();
  }

  private hold(): void {
    if (this.held !== undefined || this.over) return;
    this.link.pause();
    this.held = setInterval(this.makeRoom, this.options.maxHeldMs ?? MAX_HELD_MS);
  }

  private release(): void {
    if (this.held === undefined) return;
    clearInterval(this.held);
    this.held = undefined;
    this.link.resume();
  }
}
