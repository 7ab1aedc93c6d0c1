import type { Writable } from 'node:stream';
import type { CheckResult } from '../doctor/check';
import { diagnoseInside } from '../doctor/deep';
import { diagnose, type DoctorTarget, Facts } from '../doctor/diagnose';
import type { RunInside } from '../doctor/inside';
import { asReport, asText, summary } from '../doctor/report';
import { UserError } from '../errors';
import { printableJson } from '../printable';
import type { Deployment } from './deployment';

export interface DoctorRun {
  readonly json: boolean;
  /** Runs a command inside a bastion, to look from there too. */
  readonly deep?: RunInside;
}

/** Prints each check as soon as those before it are known. @returns the exit code: 1 when a check failed, else 0 */
export async function doctor(
  deployment: Deployment,
  { json, deep }: DoctorRun,
  output: Writable,
  signal: AbortSignal,
): Promise<number> {
  const checks: CheckResult[] = [];
  const say = (check: CheckResult): void => {
    checks.push(check);
    if (!json) output.write(asText(check));
  };
  const facts = new Facts(await targetOf(deployment), signal);
  for await (const check of diagnose(facts)) say(check);
  if (deep !== undefined) for await (const check of diagnoseInside(deep, facts)) say(check);
  output.write(json ? `${printableJson(asReport(checks))}\n` : summary(checks));
  return checks.some(({ status }) => status === 'failed') ? 1 : 0;
}

/** Where the network cannot be found, the rest is looked at all the same. */
async function targetOf({ access, cluster, family, serviceName, network }: Deployment): Promise<DoctorTarget> {
  const common = { access, cluster, taskDefinition: family, serviceName };
  try {
    const { subnets, securityGroup } = await network();
    return { ...common, subnets, securityGroup };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ...common, subnets: [], securityGroup: '', networkFault: error };
  }
}
