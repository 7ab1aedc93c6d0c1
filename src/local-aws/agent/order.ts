import type { SessionFaults } from './faults';
import type { KmsAccess } from './kms';
import type { Address } from './port/connection';

/** In which the agent shows its token when it asks for its data channel. */
export const AGENT_TOKEN_HEADER = 'x-agent-token';

export type SessionType = 'InteractiveCommands' | 'NonInteractiveCommands' | 'Standard_Stream' | 'Port';

/** What the gateway, in the place of the agent's control channel, tells a new session worker. */
export interface WorkerOrder {
  readonly sessionId: string;
  /** `ecs:<cluster>_<task id>_<runtime id>` */
  readonly target: string;
  readonly streamUrl: string;
  readonly tokenValue: string;
  readonly sessionType: SessionType;
  /** The command line, unsplit. */
  readonly command: string;
  /** Of the container. The worker's own has differences that a command must not see. */
  readonly environment: NodeJS.ProcessEnv;
  /** Of the session document, such as `separateOutputStream`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Where a Port session leads; none when the name of its host is not known. */
  readonly addresses: readonly Address[];
  /** Absolute path of a Python 3. */
  readonly python: string;
  readonly faults: SessionFaults;
  /** The session is encrypted with a data key of this KMS key. */
  readonly kmsKeyId?: string;
  /** Whom the worker asks to decrypt the data key. */
  readonly kms?: KmsAccess;
}

/** And what the worker tells at its end, as `agent_task_complete` does. */
export interface WorkerReport {
  readonly output: string;
}
