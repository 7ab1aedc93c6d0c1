import { UserError } from '../errors';
import { record } from './aws-api';
import { REAL_MANNERS, RESUME_FAILURES, type SessionFaults, settleFaults } from './agent/faults';
import type { Policy } from './iam/evaluate';

/** How tasks and sessions behave; settable per instance and while it runs. Times in ms. */
export interface Faults extends SessionFaults {
  /** From RunTask to RUNNING. */
  readonly startDelayMs: number;
  /** From RUNNING to the exec agent's own RUNNING. */
  readonly agentDelayMs: number;
  /** How long ExecuteCommand answers TargetNotConnectedException after the agent says that it runs, as AWS does. */
  readonly targetNotConnectedMs: number;
  /** How long the shim of `yum install` takes until `psql` exists. */
  readonly yumDelayMs: number;
  /** Calls that fail, by IAM's name of the action: `{"ecs:StopTask": "AccessDeniedException: text"}`. */
  readonly apiErrors: Readonly<Record<string, string>>;
  /** Probability, 0 to 1, that a call to any service fails: before it is done, or by losing its answer. */
  readonly apiFailureRate: number;
  /** Those failures are this action's alone. */
  readonly apiFailuresOf?: string;
  /** Those failures always lose the answer of what was done. */
  readonly apiFailuresLoseAnswers?: boolean;
  /** How long temporary credentials last that STS gives out; 0: as it says. */
  readonly credentialsLastMs: number;
  /** The identity policy of whoever calls ECS, SSM, CloudWatch Logs and Secrets Manager: what it does not allow is refused. */
  readonly policy?: Policy;
  /** RunTask starts nothing: `RESOURCE:ENI` is the reason of a failure, `ClientException: text` an exception. */
  readonly runTaskFailure?: string;
  /** The task stops before it runs: its image cannot be pulled. */
  readonly imagePullFailure?: boolean;
  /** The execution role may not read the task's secret. */
  readonly secretDenied?: boolean;
  /** `yum install` fails, and the start command with it. */
  readonly yumFails?: boolean;
  /** The kernel kills the container, whose memory is used up, as soon as it runs. */
  readonly outOfMemory?: boolean;
  /** The exec agent never says that it runs, or stops at once. */
  readonly agentFailure?: AgentFailure;
  /** Databases take connections and never answer, as when a security group drops what comes. */
  readonly databaseSilent?: boolean;
  /** What RDS says of every Aurora cluster, such as `stopped`. */
  readonly databaseStatus?: string;
  /** The task dies so long after it runs. */
  readonly taskDiesAfterMs?: number;
}

export const AGENT_FAILURES = ['never', 'stopped'] as const;
export type AgentFailure = (typeof AGENT_FAILURES)[number];

export const NO_FAULTS: Faults = {
  ...REAL_MANNERS,
  startDelayMs: 300,
  agentDelayMs: 300,
  targetNotConnectedMs: 500,
  yumDelayMs: 800,
  apiErrors: {},
  apiFailureRate: 0,
  credentialsLastMs: 0,
};

/** All faults, of which some are given. */
export function allFaults(given: Partial<Faults>): Faults {
  return { ...NO_FAULTS, ...settleFaults(given), ...given };
}

/** Whether a value can be that of a fault, by the fault's name, and what to give when it cannot. */
const KINDS: Readonly<Record<Kind, readonly [holds: (value: unknown) => boolean, remedy: string]>> = {
  number: [isAmount, 'Give a number'],
  milliseconds: [isAmount, 'Give milliseconds'],
  probability: [(value) => isAmount(value) && Number(value) <= 1, 'Give a number from 0 to 1'],
  text: [(value) => typeof value === 'string', 'Give text'],
  resumeFailure: [(value) => RESUME_FAILURES.some((one) => one === value), `Known are ${RESUME_FAILURES.join(', ')}`],
  agentFailure: [(value) => AGENT_FAILURES.some((one) => one === value), `Known are ${AGENT_FAILURES.join(', ')}`],
  errors: [isTexts, 'Give an object such as {"ecs:StopTask":"AccessDeniedException: text"}'],
  policy: [
    (value) => record(value)?.Statement !== undefined,
    'Give a policy such as {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecs:*","Resource":"*"}]}',
  ],
  yes: [(value) => typeof value === 'boolean', 'Give true or false'],
};
type Kind =
  'number' | 'milliseconds' | 'probability' | 'text' | 'resumeFailure' | 'agentFailure' | 'errors' | 'policy' | 'yes';

const KNOWN: Readonly<Record<keyof Faults, Kind>> = {
  startDelayMs: 'milliseconds',
  agentDelayMs: 'milliseconds',
  targetNotConnectedMs: 'milliseconds',
  yumDelayMs: 'milliseconds',
  apiErrors: 'errors',
  apiFailureRate: 'probability',
  apiFailuresOf: 'text',
  apiFailuresLoseAnswers: 'yes',
  credentialsLastMs: 'milliseconds',
  policy: 'policy',
  runTaskFailure: 'text',
  imagePullFailure: 'yes',
  secretDenied: 'yes',
  yumFails: 'yes',
  outOfMemory: 'yes',
  agentFailure: 'agentFailure',
  databaseSilent: 'yes',
  databaseStatus: 'text',
  taskDiesAfterMs: 'milliseconds',
  firstOutputDelayMs: 'milliseconds',
  readChunkBytes: 'number',
  readPauseMs: 'milliseconds',
  relayDelayMs: 'milliseconds',
  bytesPerSecond: 'number',
  loss: 'probability',
  duplication: 'probability',
  reordering: 'probability',
  seed: 'number',
  cutEveryBytes: 'number',
  cutEveryMs: 'milliseconds',
  refuseConnect: 'yes',
  resumeFailure: 'resumeFailure',
  resumeFailureRate: 'probability',
  minimumClientVersion: 'text',
  olderService: 'yes',
  idleLimitMs: 'milliseconds',
  socketLimitMs: 'milliseconds',
  agentVersion: 'text',
  keepAliveIntervalMs: 'milliseconds',
  keepAliveTimeoutMs: 'milliseconds',
  kmsKeyId: 'text',
};

/** The faults that the user sets for a start, in LOCAL_AWS_FAULTS. @throws UserError as `parseFaults` */
export function faultsOf({ LOCAL_AWS_FAULTS: json = '' }: NodeJS.ProcessEnv): Partial<Faults> {
  return json === '' ? {} : parseFaults(json);
}

/** Reads faults from JSON. @throws UserError that names what is not known */
export function parseFaults(json: string): Partial<Faults> {
  const value = parse(json);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError('Faults are an object', `Known are ${Object.keys(KNOWN).join(', ')}`);
  }
  for (const [name, one] of Object.entries(value)) {
    if (!isKnown(name)) throw new UserError(`There is no fault ${name}`, `Known are ${Object.keys(KNOWN).join(', ')}`);
    const [holds, remedy] = KINDS[KNOWN[name]];
    if (!holds(one)) throw new UserError(`The fault ${name} cannot be ${JSON.stringify(one)}`, remedy);
  }
  return value;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new UserError('The faults are not JSON', 'Write for example {"startDelayMs":20000}', { cause: error });
  }
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}

function isTexts(value: unknown): boolean {
  return record(value) !== undefined && Object.values(record(value) ?? {}).every((one) => typeof one === 'string');
}

function isKnown(name: string): name is keyof Faults {
  return Object.hasOwn(KNOWN, name);
}
