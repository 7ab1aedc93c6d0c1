import type { IncomingMessage } from 'node:http';
import { UserError } from '../errors';
import { printableLine } from '../printable';

/** What is asked for to open a data channel: a WebSocket's address, and headers of the upgrade such as a signature. */
export interface UpgradeRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** How a session has fared so far. */
export interface UpgradeHistory {
  /** In a row. */
  readonly refusals: number;
  /** Whether its stream has been open before. */
  readonly hasBeenOpen: boolean;
}

/** Makes upgrade requests for one session, each time its WebSocket is opened. */
export interface ChannelAccess {
  /**
   * @param streamUrl of the newest ticket
   * @throws ChannelRefusedError when nothing may be sent there
   */
  request(streamUrl: string, history: UpgradeHistory): Promise<UpgradeRequest>;
  /**
   * What to do about a refusal.
   * @param history with this one
   * @returns `again`: a request of now may be granted; `later`: one with another ticket may; or what the session ends with
   */
  refused(refusal: UpgradeRefusal, history: UpgradeHistory): 'again' | 'later' | ChannelRefusedError;
}

/** The service's answer in the place of an upgrade. */
export interface UpgradeRefusal {
  /** HTTP. */
  readonly status: number;
  /** AWS's name of the error, such as `AccessDeniedException`; empty when it names none. */
  readonly code: string;
  readonly message: string;
  /** The service's clock; undefined when it does not tell. */
  readonly date: Date | undefined;
}

/** The service has answered, and not with an upgrade. */
export class UpgradeRefusedError extends Error {
  override readonly name = 'UpgradeRefusedError';

  constructor(readonly refusal: UpgradeRefusal) {
    const { status, code, message } = refusal;
    super(`the service answered ${[status, code, message].filter((part) => part !== '').join(' ')}`);
  }
}

/** The stream cannot be opened, however often it is asked for. */
export class ChannelRefusedError extends UserError {}

const MAX_BODY_BYTES = 4096;
/** A refusal is told by its status too; a body that does not end keeps nobody waiting. */
const BODY_TIMEOUT_MS = 2_000;
const MAX_MESSAGE_LENGTH = 400;
const CODE = /^\w{1,100}$/;

/** Reads what is known of a refusal; a body is read up to 4 KiB, and for 2 s. Never rejects. */
export async function readRefusal(answer: IncomingMessage): Promise<UpgradeRefusal> {
  const chunks: Buffer[] = [];
  let length = 0;
  const timer = setTimeout(() => answer.destroy(), BODY_TIMEOUT_MS);
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= MAX_BODY_BYTES) break;
    }
  } catch {
    // What has come so far is all there is.
  } finally {
    clearTimeout(timer);
  }
  const body = Buffer.concat(chunks).toString('utf8', 0, MAX_BODY_BYTES);
  const { 'x-amzn-errortype': type, date = '' } = answer.headers;
  const { code: named, message } = readBody(body);
  const code = (typeof type === 'string' ? type : named).replace(/^.*#|:.*$/g, '');
  const clock = new Date(date);
  return {
    status: answer.statusCode ?? 0,
    code: CODE.test(code) ? code : '',
    message: printableLine(message.slice(0, MAX_MESSAGE_LENGTH).trim()),
    date: Number.isNaN(clock.getTime()) ? undefined : clock,
  };
}

/** AWS's services answer in JSON or, where a load balancer or a proxy does, in whatever it likes. */
function readBody(body: string): { readonly code: string; readonly message: string } {
  try {
    const value: unknown = JSON.parse(body);
    const fields = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
    const { __type: type, message, Message: other } = fields;
    const said = message ?? other;
    return { code: typeof type === 'string' ? type : '', message: typeof said === 'string' ? said : '' };
  } catch {
    return { code: '', message: body.startsWith('<') ? '' : body.trim() };
  }
}
