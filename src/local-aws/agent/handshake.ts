import { type Message, PayloadType } from '../../session/message';
import type { AgentChannel } from './agent-channel';
import type { WorkerOrder } from './order';

/** Of the agent that was recorded. */
const AGENT_VERSION = '3.3.0.0';
const TIMEOUT_MS = 15_000;
/** The last client that cannot show the two outputs apart. */
const LAST_VERSION_WITHOUT_SEPARATION = '1.2.295';
const UPDATE_THE_CLIENT =
  'Please update session manager plugin version (minimum required version 1.2.312.0) for fully support of separate StdOut/StdErr output.\r\n';

export class HandshakeError extends Error {}

interface Response {
  readonly ClientVersion: string;
  readonly ProcessedClientActions: readonly { ActionType: string; ActionStatus: number; Error: string }[];
}

/**
 * The handshake of the sessions that have one: `datachannel.go`, `PerformHandshake`. Encrypted sessions would ask for a
 * second action here, KMSEncryption, and for the challenge after the response.
 */
export class Handshake {
  private complete = false;
  private cancelled = false;
  private answer: (response: Response | undefined) => void = () => undefined;

  constructor(private readonly order: Pick<WorkerOrder, 'sessionType' | 'parameters'>) {}

  /** @throws HandshakeError with the agent's words */
  async perform(channel: AgentChannel): Promise<void> {
    const startedAt = process.hrtime.bigint();
    const { sessionType } = this.order;
    sendJson(channel, PayloadType.HandshakeRequest, {
      AgentVersion: AGENT_VERSION,
      RequestedClientActions: [
        { ActionType: 'SessionType', ActionParameters: { SessionType: sessionType, Properties: null } },
      ],
    });
    const response = await this.response();
    if (response === undefined) {
      throw new HandshakeError(
        'Handshake timed out. Please ensure that you have the latest version of the session manager plugin.',
      );
    }
    const refused = response.ProcessedClientActions.find(({ ActionStatus }) => ActionStatus !== 1);
    if (refused !== undefined) {
      const { ActionType, ActionStatus, Error } = refused;
      throw new HandshakeError(`${ActionType} failed on client with status ${ActionStatus} error: ${Error}`);
    }
    sendJson(channel, PayloadType.HandshakeComplete, {
      HandshakeTimeToComplete: Number(process.hrtime.bigint() - startedAt),
      CustomerMessage: this.customerMessage(response.ClientVersion),
    });
    this.complete = true;
  }

  /** Whether an input was the handshake's: its response, and whatever comes before it is complete and is thrown away. */
  takes({ payloadType, payload }: Message): boolean {
    if (payloadType === PayloadType.HandshakeResponse) this.answer(JSON.parse(payload.toString()) as Response);
    return !this.complete || payloadType === PayloadType.HandshakeResponse;
  }

  cancel(): void {
    this.cancelled = true;
    this.answer(undefined);
  }

  private response(): Promise<Response | undefined> {
    if (this.cancelled) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const timeout = setTimeout(resolve, TIMEOUT_MS, undefined);
      this.answer = (response) => {
        clearTimeout(timeout);
        resolve(response);
      };
    });
  }

  private customerMessage(clientVersion: string): string {
    const separate = this.order.parameters.separateOutputStream === 'true';
    return separate && isAtMost(clientVersion, LAST_VERSION_WITHOUT_SEPARATION) ? UPDATE_THE_CLIENT : '';
  }
}

function sendJson(channel: AgentChannel, payloadType: number, document: unknown): void {
  channel.send(payloadType, Buffer.from(JSON.stringify(document)), Date.now());
}

/** Compares versions part by part; a missing part is 0. */
function isAtMost(version: string, other: string): boolean {
  const [left, right] = [version, other].map((text) => text.split('.').map(Number));
  for (let part = 0; part < Math.max(left?.length ?? 0, right?.length ?? 0); part += 1) {
    const difference = (left?.[part] ?? 0) - (right?.[part] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return true;
}
