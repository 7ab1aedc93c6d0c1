import { type Message, PayloadType } from '../../session/message';
import { type EncryptionHandshake, parseAnswer } from './encryption-handshake';
import type { WorkerOrder } from './order';
import { compareVersions } from './version';
import type { ProgramChannel } from './program';

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

/** What the handshake must know of the session. */
export interface HandshakeOrder extends Pick<WorkerOrder, 'sessionType' | 'parameters'> {
  readonly agentVersion: string;
}

/** The handshake of the sessions that have one, those without a terminal, the encrypted and ports: `datachannel.go`. */
export class Handshake {
  /** As the client has told; empty before it has. */
  clientVersion = '';
  private complete = false;
  private readonly response = new Answer<Response>();
  private readonly confirmation = new Answer<true>();

  constructor(
    private readonly order: HandshakeOrder,
    private readonly encryption?: EncryptionHandshake,
  ) {}

  /** @throws HandshakeError with the agent's words */
  async perform(channel: ProgramChannel): Promise<void> {
    const startedAt = process.hrtime.bigint();
    const { sessionType, agentVersion } = this.order;
    const typeAction = {
      ActionType: 'SessionType',
      ActionParameters: { SessionType: sessionType, Properties: this.properties() },
    };
    sendJson(channel, PayloadType.HandshakeRequest, {
      AgentVersion: agentVersion,
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
    this.clientVersion = response.ClientVersion;
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
    channel: ProgramChannel,
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

  /** A client is told where a port leads, in the order of Go's maps; the rest is no concern of its. */
  private properties(): object | null {
    const { sessionType, parameters } = this.order;
    if (sessionType !== 'Port') return null;
    return Object.fromEntries(Object.entries(parameters).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  private customerMessage(clientVersion: string): string {
    const separate = this.order.parameters.separateOutputStream === 'true';
    const isOld = separate && compareVersions(clientVersion, LAST_VERSION_WITHOUT_SEPARATION) <= 0;
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

function sendJson(channel: ProgramChannel, payloadType: number, document: unknown): void {
  channel.send(payloadType, Buffer.from(JSON.stringify(document)), Date.now());
}
