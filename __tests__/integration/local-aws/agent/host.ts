import { randomUUID } from 'node:crypto';
import type { AgentHost } from '../../../../src/local-aws/gateway';

/** Stands in the environment of every process of the container `hostOf` makes. */
export const MARK = 'AGENT_TEST_CONTAINER';

export function hostOf(workingDirectory: string, more: NodeJS.ProcessEnv = {}): AgentHost {
  const environment = { PATH: process.env.PATH, HOME: '/', [MARK]: randomUUID(), ...more };
  return { target: 'ecs:cluster_taskid_taskid-1234', environment, workingDirectory };
}

export const markOf = ({ environment }: AgentHost): string => `${MARK}=${environment[MARK] ?? ''}`;
