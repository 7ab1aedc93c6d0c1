import { type Message, PayloadType } from '../../session/message';
import type { AgentChannel } from './agent-channel';
import { type EncryptionHandshake, parseAnswer } from './encryption-handshake';
import type { WorkerOrder } from './order';

/** Of the agent that was recorded. */
const AGENT_VERSION = '3.3.0.0';
const TIMEOUT_MS = 15_000;
/** The last client that cannot show the two outputs apart. */
const LAST_VERSION_WITHOUT_SEPARATION = '1.2.295';
const UPDATE_THE_CLIENT =
  'Please update session manager plugin version (minimum required version 1.2.312.0) for fully support of separate StdOut/StdErr output.\r\n';

const ENCRYPTED = 'This session is encrypted using AWS KMS.';

export class HandshakeError extends Error {}

interface Response {
  readonly ClientVersion: string;
  readonly ProcessedClientActions: readonly {
    ActionType: string;
    ActionStatus: number;
    ActionResult: unknown;
    Error: string;
  }[];
}

/** The handshake of the sessions that have one, those without a terminal and the encrypted: `datachannel.go`. */
export class Handshake {
  private complete = false;
  private readonly response = new Answer<Response>();
  private readonly confirmation = new Answer<true>();

  constructor(
    private readonly order: Pick<WorkerOrder, 'sessionType' | 'parameters'>,
    private readonly encryption?: EncryptionHandshake,
  ) {}

  /** @throws HandshakeError with the agent's words */
  async perform(channel: AgentChannel): Promise<void> {
    const startedAt = process.hrtime.bigint();
    const { sessionType } = this.order;
    const typeAction = { ActionType: 'SessionType', ActionParameters: { SessionType: sessionType, Properties: null } };
    sendJson(channel, PayloadType.HandshakeRequest, {
      AgentVersion: AGENT_VERSION,
      RequestedClientActions: this.encryption === undefined ? [typeAction] : [typeAction, this.encryption.action],
    });
    const response = await this.response.within(TIMEOUT_MS);
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
    if (this.encryption !== undefined) await this.agreeOnKey(this.encryption, response, channel);
    sendJson(channel, PayloadType.HandshakeComplete, {
      HandshakeTimeToComplete: Number(process.hrtime.bigint() - startedAt),
      CustomerMessage: this.customerMessage(response.ClientVersion),
    });
    this.complete = true;
  }

  /** Whether an input was the handshake's: its answers, and whatever comes before it is complete and is thrown away. */
  takes({ payloadType, payload }: Message): boolean {
    switch (payloadType) {
      case PayloadType.HandshakeResponse:
        this.response.give(parseAnswer(payload) as Response);
        return true;
      case PayloadType.EncryptionChallengeResponse:
        this.encryption?.checkChallenge(payload);
        this.confirmation.give(true);
        return true;
      default:
        return !this.complete;
    }
  }

  cancel(): void {
    this.response.give(undefined);
    this.confirmation.give(undefined);
  }

  private async agreeOnKey(
    encryption: EncryptionHandshake,
    { ProcessedClientActions }: Response,
    channel: AgentChannel,
  ): Promise<void> {
    const action = ProcessedClientActions.find(({ ActionType }) => ActionType === 'KMSEncryption');
    try {
      await encryption.takeKey(action?.ActionResult);
    } catch (error) {
      throw new HandshakeError(error instanceof Error ? error.message : String(error), { cause: error });
    }
    sendJson(channel, PayloadType.EncryptionChallengeRequest, encryption.challengeRequest);
    if ((await this.confirmation.within(TIMEOUT_MS)) === undefined) {
      throw new HandshakeError('Timed out waiting for encryption challenge.');
    }
  }

  private customerMessage(clientVersion: string): string {
    const separate = this.order.parameters.separateOutputStream === 'true';
    const isOld = separate && isAtMost(clientVersion, LAST_VERSION_WITHOUT_SEPARATION);
    return `${isOld ? UPDATE_THE_CLIENT : ''}${this.encryption === undefined ? '' : ENCRYPTED}`;
  }
}

/** Something that is given once, perhaps before anybody waits for it. */
class Answer<T> {
  private resolve: (value: T | undefined) => void = () => undefined;
  private readonly given = new Promise<T | undefined>((resolve) => (this.resolve = resolve));

  give(value: T | undefined): void {
    this.resolve(value);
  }

  async within(limitMs: number): Promise<T | undefined> {
    let timeout: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => (timeout = setTimeout(resolve, limitMs, undefined)));
    try {
      return await Promise.race([this.given, late]);
    } finally {
      clearTimeout(timeout);
    }
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
