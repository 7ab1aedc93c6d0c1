import { UserError } from '../errors';
import { REAL_MANNERS, type SessionFaults } from './agent/faults';

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
  /** RunTask starts nothing: `RESOURCE:ENI` is the reason of a failure, `ClientException: text` an exception. */
  readonly runTaskFailure?: string;
  /** The task stops before it runs: its image cannot be pulled. */
  readonly imagePullFailure?: boolean;
  /** The task dies so long after it runs. */
  readonly taskDiesAfterMs?: number;
}

export const NO_FAULTS: Faults = {
  ...REAL_MANNERS,
  startDelayMs: 300,
  agentDelayMs: 300,
  targetNotConnectedMs: 500,
  yumDelayMs: 800,
};

const KNOWN = [...Object.keys(NO_FAULTS), 'runTaskFailure', 'imagePullFailure', 'taskDiesAfterMs'];

/** Reads faults from JSON. @throws UserError that names what is not known */
export function parseFaults(json: string): Partial<Faults> {
  const value = parse(json);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError('Faults are an object', `Known are ${KNOWN.join(', ')}`);
  }
  const unknown = Object.keys(value).find((key) => !KNOWN.includes(key));
  if (unknown !== undefined) throw new UserError(`There is no fault ${unknown}`, `Known are ${KNOWN.join(', ')}`);
  const wrong = wrongType(value);
  if (wrong !== undefined) throw new UserError(`The fault ${wrong} is not a number`, 'Give milliseconds');
  return value;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new UserError('The faults are not JSON', 'Write for example {"startDelayMs":20000}', { cause: error });
  }
}

/** What is a number must be one; the rest says itself. */
function wrongType(value: object): string | undefined {
  return Object.entries(value).find(([name, one]) => name.endsWith('Ms') && typeof one !== 'number')?.[0];
}
