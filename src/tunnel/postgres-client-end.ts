import { Duplex } from 'node:stream';
import { UserError } from '../errors';
import { withoutChannelBinding } from './channel-binding';

/** What is held back until the login begins: an offer and what an honest server says before it fit many times. */
const MOST_HELD = 64 * 1024;

/** A server that goes on without ever asking for a login. */
export class DatabaseGreetingError extends UserError {
  constructor() {
    super(
      `The database has said ${MOST_HELD / 1024} KiB without asking for a login`,
      'Check that PostgreSQL is what listens there',
    );
  }
}

/** A connection over TLS as a client without TLS may use it: nothing in it speaks of the TLS. */
export class PostgresClientEnd extends Duplex {
  /** What the server has said of the login so far; undefined: that is over, and all else passes as it is. */
  private greeting: Buffer | undefined = Buffer.alloc(0);

  constructor(private readonly secure: Duplex) {
    super();
    secure.on('data', (chunk: Buffer) => {
      if (!this.hear(chunk)) secure.pause();
    });
    secure.once('end', () => {
      if (this.greeting !== undefined && this.greeting.length > 0) this.push(this.greeting);
      this.push(null);
    });
    secure.on('error', (error) => this.destroy(error));
    secure.once('close', () => {
      if (!secure.readableEnded) this.destroy(); // else what it has said is read first
    });
  }

  override _read(): void {
    this.secure.resume();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.secure.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.secure.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.secure.destroy();
    done(error);
  }

  /** @returns whether there is room for more */
  private hear(chunk: Buffer): boolean {
    if (this.greeting === undefined) return this.push(chunk);
    this.greeting = Buffer.concat([this.greeting, chunk]);
    const heard = withoutChannelBinding(this.greeting);
    if (heard === undefined) {
      if (this.greeting.length > MOST_HELD) this.destroy(new DatabaseGreetingError());
      return true;
    }
    this.greeting = undefined;
    return this.push(heard);
  }
}
