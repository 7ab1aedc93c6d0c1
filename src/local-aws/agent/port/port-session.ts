import type { ProgramChannel } from '../program';

/** How a Port session moves bytes: over smux, or a single connection for a peer that knows none. */
export interface PortSession {
  /** Makes what input needs. @returns why that failed, in the agent's words */
  start(): Promise<string | undefined>;
  /** Passes bytes both ways until the session cannot go on. */
  pump(channel: ProgramChannel): Promise<void>;
  /** Takes the next Output of the client; false leaves it unacknowledged. */
  take(payload: Buffer): Promise<boolean>;
  /** The client's flag DisconnectToPort. */
  disconnect(): void;
  stop(): void;
}

/** Flags of Port sessions, u32 big-endian: amazon-ssm-agent `agent/session/contracts/agentmessage.go`. */
export const Flag = { DisconnectToPort: 1, TerminateSession: 2, ConnectToPortError: 3 } as const;

export function encodeFlag(flag: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(flag);
  return payload;
}

/** As Go's `binary.Read`, which leaves 0 when there are too few bytes. */
export function decodeFlag(payload: Buffer): number {
  return payload.length < 4 ? 0 : payload.readUInt32BE(0);
}
