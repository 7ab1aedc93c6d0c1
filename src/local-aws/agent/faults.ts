/** The agent's and the service's manners, as measured on amazon-ssm-agent 3.3; a test or a trial may change them. */
export interface SessionFaults {
  /** Before the first output is read, in ms. */
  readonly firstOutputDelayMs: number;
  /** Bytes read from the terminal at a time. */
  readonly readChunkBytes: number;
  /** Between two reads, in ms. */
  readonly readPauseMs: number;
  /** On the way through the gateway, each way, in ms. Below 2 the agent resends what is acknowledged too early. */
  readonly relayDelayMs: number;
  /** How much the client's network lets through; the agent is held up by it. 0 is no limit. */
  readonly bytesPerSecond: number;
  /** Probability, 0 to 1, that a frame does not arrive. */
  readonly loss: number;
  /** Probability, 0 to 1, that a frame arrives twice. */
  readonly duplication: number;
  /** Probability, 0 to 1, that a frame arrives after the one that follows it. */
  readonly reordering: number;
  /** The same seed loses, doubles and swaps the same frames of each session; without one it is left to chance. */
  readonly seed?: number;
  /** The client's connection is cut each time that so many bytes have been passed on to it; 0 is never. */
  readonly cutEveryBytes: number;
  /** The client's connection is cut when it is so old, in ms; 0 is never. */
  readonly cutEveryMs: number;
  /** Whether data channels cannot be opened: upgrades are answered with 503. Those that are open stay. */
  readonly refuseConnect: boolean;
  /** How ResumeSession fails: always, or as often as `resumeFailureRate` says. */
  readonly resumeFailure?: ResumeFailure;
  /** Probability, 0 to 1, that ResumeSession fails, with `denied` unless `resumeFailure` names another; 0 is no rate. */
  readonly resumeFailureRate: number;
  /** Earlier clients have their data channels closed. */
  readonly minimumClientVersion: string;
  /** The service as it was: no signature, cell number or version is looked at, and the agent forwards to loopback. */
  readonly olderService: boolean;
  /** The service ends a session in which no new data frame went either way for so long, in ms. */
  readonly idleLimitMs: number;
  /** The service closes a data channel's websocket when it is so old, the client's and the agent's, in ms. */
  readonly socketLimitMs: number;
  /** What the agent says it is, and with it what it knows: up to 3.0.196.0 a Port session has one connection. */
  readonly agentVersion: string;
  /** Between two NOPs of a Port session's smux, when the client is too old to do without, in ms. */
  readonly keepAliveIntervalMs: number;
  /** Such a session is closed when no frame came for as long as this, or up to twice as long, in ms. */
  readonly keepAliveTimeoutMs: number;
  /** Sessions are encrypted with data keys of this KMS key, unless their cluster names its own. */
  readonly kmsKeyId?: string;
}

/** `timedOut` is no error: the answer has no token. */
export const RESUME_FAILURES = ['timedOut', 'unknown', 'internal', 'denied', 'expired'] as const;
export type ResumeFailure = (typeof RESUME_FAILURES)[number];

export const REAL_MANNERS: SessionFaults = {
  firstOutputDelayMs: 1000,
  readChunkBytes: 1024,
  readPauseMs: 1,
  relayDelayMs: 2,
  bytesPerSecond: 0,
  loss: 0,
  duplication: 0,
  reordering: 0,
  cutEveryBytes: 0,
  cutEveryMs: 0,
  refuseConnect: false,
  resumeFailureRate: 0,
  minimumClientVersion: '1.2.764.0',
  olderService: false,
  idleLimitMs: 20 * 60_000,
  socketLimitMs: 60 * 60_000,
  agentVersion: '3.3.4851.0',
  keepAliveIntervalMs: 10_000,
  keepAliveTimeoutMs: 30_000,
};

const OLDER_MANNERS: Partial<SessionFaults> = { agentVersion: '3.3.0.0', minimumClientVersion: '0' };

/** All faults, of which some are given. */
export function settleFaults(given: Partial<SessionFaults>): SessionFaults {
  return { ...REAL_MANNERS, ...(given.olderService === true ? OLDER_MANNERS : {}), ...given };
}
