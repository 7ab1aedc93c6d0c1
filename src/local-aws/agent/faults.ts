/** The agent's manners, as measured on amazon-ssm-agent 3.3; a test or a trial may change them. */
export interface SessionFaults {
  /** Before the first output is read, in ms. */
  readonly firstOutputDelayMs: number;
  /** Bytes read from the terminal at a time. */
  readonly readChunkBytes: number;
  /** Between two reads, in ms. */
  readonly readPauseMs: number;
  /** On the way through the gateway, each way, in ms. Below 2 the agent resends what is acknowledged too early. */
  readonly relayDelayMs: number;
}

export const REAL_MANNERS: SessionFaults = {
  firstOutputDelayMs: 1000,
  readChunkBytes: 1024,
  readPauseMs: 1,
  relayDelayMs: 2,
};
