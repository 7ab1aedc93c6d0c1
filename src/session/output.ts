import { Readable } from 'node:stream';

/** Output that nobody has read yet; above it the agent has to wait. */
const MAX_UNREAD_BYTES = 1024 * 1024;

/** What the remote side says: kept until it is read, so whoever fetches it must stop when told that it is too much. */
export class Output extends Readable {
  /** Came with the same crowd of frames, and goes on as one. */
  private readonly arrived: Buffer[] = [];
  private isTooMuch = false;

  /** @param onTooMuch told when to fetch no more, and when again */
  constructor(private readonly onTooMuch: (output: Output, isTooMuch: boolean) => void) {
    super();
  }

  add(data: Buffer): void {
    this.arrived.push(data);
  }

  /** Hands on what was added: to a reader who waits for it, within this call. */
  flush(): void {
    const [first] = this.arrived;
    if (first === undefined) return;
    const data = this.arrived.length === 1 ? first : Buffer.concat(this.arrived);
    this.arrived.length = 0;
    this.push(data);
    if (this.readableLength > MAX_UNREAD_BYTES) this.tell(true);
  }

  /** Behind what was added. */
  end(): void {
    this.flush();
    this.push(null);
  }

  override _read(): void {
    this.tell(false);
  }

  /** Nobody reads any more. */
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.tell(false);
    done(error);
  }

  private tell(isTooMuch: boolean): void {
    if (isTooMuch === this.isTooMuch) return;
    this.isTooMuch = isTooMuch;
    this.onTooMuch(this, isTooMuch);
  }
}
