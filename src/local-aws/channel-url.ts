import { randomBytes } from 'node:crypto';
import { queryParameters } from './signature/canonical';

/** What the URL of a data channel says. */
export interface ChannelUrl {
  readonly sessionId: string;
  /** Undefined where the URL has none. */
  readonly cellNumber: string | undefined;
}

const PATH = /^\/v1\/data-channel\/([^/?]+)(?=\?|$)/;
const CELL_BYTES = 16;

/** @param cellNumber of a client's URL; the agent's has none */
export function channelUrl(origin: string, sessionId: string, cellNumber?: string): string {
  const cell = cellNumber === undefined ? '' : `&cell-number=${encodeURIComponent(cellNumber)}`;
  return `${origin}/v1/data-channel/${sessionId}?role=publish_subscribe${cell}`;
}

/** Reads path and query; undefined for what is no data channel. */
export function readChannelUrl(url: string): ChannelUrl | undefined {
  const sessionId = PATH.exec(url)?.[1];
  if (sessionId === undefined) return undefined;
  const cellNumber = queryParameters(url).find(([name]) => name === 'cell-number')?.[1];
  return { sessionId, cellNumber };
}

/** A base64 text with a plus at its beginning and equals signs at its end, which a client must encode and sign right. */
export function newCellNumber(): string {
  const bytes = randomBytes(CELL_BYTES);
  bytes.writeUInt8(0xfb, 0);
  return bytes.toString('base64');
}
