import type { Readable, Writable } from 'node:stream';
import type { ProtocolError } from '../../errors';
import type { BacklogOptions } from './backlog';

/** Bytes to the other side and from it, in order and without loss. */
export interface ByteLink {
  readonly input: Writable;
  readonly output: Readable;
}

export interface SmuxOptions extends BacklogOptions {
  /** Sends NOPs so often, in ms, to a server that closes a silent session. @default never */
  readonly keepAliveMs?: number | undefined;
  /** Sends a NOP when nothing has gone either way for so long, in ms. @default never */
  readonly quietMs?: number | undefined;
  /**
   * How long the other side must have been silent before a half-closed stream's FIN is sent, in ms: for servers that
   * close both directions when they get it. Theirs is answered at once. @default 0
   */
  readonly finAfterQuietMs?: number;
  /** Whether the link gets anything through at the moment; while not, silence says nothing. @default it always does */
  readonly isLinkUp?: () => boolean;
  /** Why a stream that ends without a byte has failed; undefined when it has not. */
  readonly explainSilentEnd?: () => Error | undefined;
  /** The other side has sent what is no smux; all streams have been destroyed. */
  readonly onFailure?: (error: ProtocolError) => void;
}
