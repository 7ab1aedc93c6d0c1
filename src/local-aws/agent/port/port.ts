import { type Message, PayloadType } from '../../../session/message';
import type { SessionFaults } from '../faults';
import type { Program, ProgramEnd, ProgramChannel } from '../program';
import { compareVersions } from '../version';
import { isForbidden } from './addresses';
import { BasicSession } from './basic-session';
import type { Address } from './connection';
import { MuxSession } from './mux-session';
import { decodeFlag, Flag, type PortSession } from './port-session';

/** The client's versions that the agent tells apart: `agent/session/plugins/port/port.go`. */
const FIRST_CLIENT_WITH_MUX = '1.1.70';
const LAST_CLIENT_WITH_KEEPALIVE = '1.2.331.0';
/** And what agents came to know after these of their own: session-manager-plugin `src/config/config.go`. */
const LAST_AGENT_WITHOUT_MUX = '3.0.196.0';
const LAST_AGENT_WITH_KEEPALIVE = '3.1.1511.0';
const LAST_AGENT_WITHOUT_TERMINATION = '2.3.722.0';

export interface PortOptions {
  /** Of the session document: `portNumber`, `localPortNumber`, `type` and perhaps `host`. */
  readonly properties: Readonly<Record<string, string>>;
  /** What the destination's name was resolved to when the session was started; none when it is not known. */
  readonly addresses: readonly Address[];
  readonly faults: SessionFaults;
  /** As the client has told in the handshake. */
  readonly clientVersion: () => string;
}

/** Forwards to a TCP port: amazon-ssm-agent `agent/session/plugins/port/port.go`. */
export class Port implements Program {
  readonly exited = Promise.resolve();
  private session: PortSession | undefined;
  private cancel: () => void = () => undefined;
  private readonly cancelled = new Promise<void>((resolve) => (this.cancel = resolve));

  constructor(private readonly options: PortOptions) {}

  async run(channel: ProgramChannel): Promise<ProgramEnd> {
    const { properties, addresses, faults } = this.options;
    if (isForbidden(properties.host, addresses, faults.agentVersion)) {
      return ended(`Forwarding to IP address ${properties.host ?? ''} is forbidden.`);
    }
    const session = this.newSession();
    try {
      const failure = await Promise.race([session.start(), this.cancelled]);
      if (typeof failure === 'string') return ended(failure);
      this.session = session;
      await Promise.race([session.pump(channel), this.cancelled]);
      return ended('');
    } finally {
      session.stop();
    }
  }

  async takeInput({ payloadType, payload }: Message): Promise<boolean> {
    // Before there is a connection input is refused, and comes again.
    if (this.session === undefined) return false;
    if (payloadType === PayloadType.Output) return this.session.take(payload);
    if (payloadType === PayloadType.Flag) this.obey(decodeFlag(payload), this.session);
    return true;
  }

  kill(): void {
    this.cancel();
    this.session?.stop();
  }

  private obey(flag: number, session: PortSession): void {
    if (flag === Flag.DisconnectToPort) session.disconnect();
    // The flag itself is acknowledged before the session ends.
    if (flag === Flag.TerminateSession && this.isLaterThan(LAST_AGENT_WITHOUT_TERMINATION)) setImmediate(this.cancel);
  }

  private newSession(): PortSession {
    const { addresses, faults } = this.options;
    const clientVersion = this.options.clientVersion();
    const knowsMux =
      this.isLaterThan(LAST_AGENT_WITHOUT_MUX) && compareVersions(clientVersion, FIRST_CLIENT_WITH_MUX) >= 0;
    if (!knowsMux) return new BasicSession({ addresses, faults });
    // A NOP is data to the service: with it no session would ever be idle.
    const isQuiet =
      this.isLaterThan(LAST_AGENT_WITH_KEEPALIVE) && compareVersions(clientVersion, LAST_CLIENT_WITH_KEEPALIVE) > 0;
    const { keepAliveIntervalMs: intervalMs, keepAliveTimeoutMs: timeoutMs } = faults;
    return new MuxSession({ addresses, faults, keepAlive: isQuiet ? undefined : { intervalMs, timeoutMs } });
  }

  private isLaterThan(version: string): boolean {
    return compareVersions(this.options.faults.agentVersion, version) > 0;
  }
}

/** Unlike a shell, the agent does not say that a Port session is `Terminating`. */
function ended(output: string): ProgramEnd {
  return { orderly: false, output };
}
