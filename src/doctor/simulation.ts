import { type EvaluationResult, type IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { awsCall } from '../aws/errors';
import { type Decision, least } from './policy-document';

export interface Simulated {
  /** Of a user or a role. */
  readonly arn: string;
  readonly actions: readonly string[];
  readonly resource?: string | undefined;
}

/** Asks IAM what somebody may do, with boundaries and the policies of the organization. Does nothing. */
export async function simulate(
  iam: IAMClient,
  { arn, actions, resource }: Simulated,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Decision>> {
  const { EvaluationResults = [] } = await awsCall('iam:SimulatePrincipalPolicy', () =>
    iam.send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn: arn,
        ActionNames: [...actions],
        ...(resource === undefined ? {} : { ResourceArns: [resource] }),
      }),
      { abortSignal: signal },
    ),
  );
  return new Map(
    actions.map((action) => {
      const results = EvaluationResults.filter(({ EvalActionName }) => EvalActionName === action);
      return [action, results.length === 0 ? 'denied' : least(results.map(decision))];
    }),
  );
}

function decision({ EvalDecision, MissingContextValues = [] }: EvaluationResult): Decision {
  if (MissingContextValues.length > 0) return 'depends';
  return EvalDecision === 'allowed' ? 'allowed' : 'denied';
}

/** Whom to simulate: the role behind a session, which IAM knows by another ARN. @returns undefined: no role */
export function roleNameOf(callerArn: string): string | undefined {
  return /^arn:[\w-]+:sts::\d+:assumed-role\/([^/]+)\//.exec(callerArn)?.[1];
}
