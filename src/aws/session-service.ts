import type { SSMClient } from '@aws-sdk/client-ssm';
import type { SessionOptions } from '../session/session';
import type { SessionTicket } from '../session/ticket';
import { SignedChannelAccess } from './channel-access';
import { type AwsAccess, kmsClient, ssmClient } from './clients';
import { generateDataKey } from './data-key';
import { channelEndpoint, configuredEndpoints, type EndpointConfiguration } from './endpoints';
import { resumeSession, terminateSession } from './execute';
import type { Credentials } from './sign-upgrade';

/** The part of an SDK client that tells with which credentials, and by which clock, it signs. */
export interface SigningClient {
  readonly config: EndpointConfiguration & {
    readonly credentials: () => Promise<Credentials>;
    /** Of AWS's clock before ours, in ms. */
    readonly systemClockOffset: number;
  };
}

export interface SessionServiceOptions {
  /** The client that has started the session: its credentials sign until the first resumption. */
  readonly client: SigningClient;
  readonly ticket: SessionTicket;
  /** How Systems Manager names the container; asked only where the session is encrypted. */
  readonly target: () => string | Promise<string>;
  readonly warn: (text: string) => void;
}

/** What a session needs of AWS while it lives. Each resumption looks for fresh credentials: the first may have expired. */
export class SessionService {
  private client: SigningClient;

  constructor(
    private readonly access: AwsAccess,
    private readonly options: SessionServiceOptions,
  ) {
    this.client = options.client;
  }

  /** For `Session.open`. */
  get sessionOptions(): Required<Pick<SessionOptions, 'access' | 'resume' | 'dataKey'>> {
    const { access, options } = this;
    const { sessionId } = options.ticket;
    return {
      access: new SignedChannelAccess({
        region: access.region,
        endpoint: channelEndpoint(access),
        configured: () => configuredEndpoints(this.client.config),
        credentials: () => this.client.config.credentials(),
        clockOffsetMs: () => this.client.config.systemClockOffset,
        warn: options.warn,
      }),
      resume: () => resumeSession(this.freshClient(), sessionId),
      dataKey: async (keyId) =>
        generateDataKey(kmsClient(access), keyId, { sessionId, target: await options.target() }),
    };
  }

  /** Ends the remote side. @returns whether the service has heard; never rejects */
  terminate(): Promise<boolean> {
    return terminateSession(ssmClient(this.access), this.options.ticket.sessionId);
  }

  /** When the credentials end that sign just now, in ms since 1970; undefined: never, or not known. */
  async credentialsEnd(): Promise<number | undefined> {
    try {
      return (await this.client.config.credentials()).expiration?.getTime();
    } catch {
      // There are none just now, which whoever calls AWS next will say; a session that is open is worth more than that.
      return undefined;
    }
  }

  private freshClient(): SSMClient {
    const client = ssmClient(this.access);
    this.client = client;
    return client;
  }
}
