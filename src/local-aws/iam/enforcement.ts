import { actionOf } from '../api-faults';
import {
  type ApiRequest,
  type ApiResponse,
  AwsError,
  type Json,
  type MotoClient,
  parseJson,
  record,
  records,
  text,
} from '../aws-api';
import type { Ecs } from '../ecs';
import { describeTaskDefinition, ECS_PREFIX } from '../ecs-lookup';
import { type Caller, callerContext, callerOf } from './caller';
import { type AuthorizationRequest, type Decision, evaluate, type Policy } from './evaluate';
import { authorizationRequests, type Lookups } from './requests';

const ENFORCED = ['ecs', 'ssm', 'logs', 'secretsmanager'];

export interface EnforcementOptions {
  readonly moto: MotoClient;
  readonly ecs: Ecs;
}

/** Whoever has an access key, and what that one does. */
interface Asked {
  readonly accessKey: string;
  readonly region: string;
  readonly action: string;
  readonly input: Json;
}

/** IAM before the services: calls that the caller's policy does not allow are refused. */
export class Enforcement {
  /** The access keys that sessions were started with, by their ids: SSM marks a session with its starter. */
  private readonly starters = new Map<string, string>();

  constructor(private readonly options: EnforcementOptions) {}

  /** Answers a call if the policy allows it, or any call without one. @throws AwsError for what it does not allow */
  async guard(
    request: ApiRequest,
    policy: Policy | undefined,
    answer: () => Promise<ApiResponse>,
  ): Promise<ApiResponse> {
    const accessKey = request.accessKeyId;
    const action = actionOf(request);
    if (policy !== undefined && ENFORCED.includes(request.service)) {
      const input = parseJson(request.body);
      await this.check({ accessKey, region: request.region, action, input }, policy);
    }
    const answered = await answer();
    const sessionId = answered.status < 300 ? startedSession(action, answered) : undefined;
    if (sessionId !== undefined) this.starters.set(sessionId, accessKey);
    return answered;
  }

  /** Opening a data channel is no call, but asks for a right all the same. @throws AwsError without it */
  async checkChannel(
    { accessKey, region, sessionId }: Pick<Asked, 'accessKey' | 'region'> & { readonly sessionId: string },
    policy: Policy,
  ): Promise<void> {
    const action = 'ssmmessages:OpenDataChannel';
    await this.check({ accessKey, region, action, input: { SessionId: sessionId } }, policy);
  }

  private async check({ accessKey, region, action, input }: Asked, policy: Policy): Promise<void> {
    const caller = await callerOf(this.options.moto, accessKey, region);
    const call = { action, input, partition: caller.arn.split(':')[1] ?? '', region, account: caller.account };
    for (const asked of await authorizationRequests(call, this.lookups(region))) {
      const context = { ...callerContext(caller, region), ...asked.context };
      const decision = evaluate(policy, { ...asked, context });
      if (decision !== 'allowed') throw denied(caller, asked, decision);
    }
  }

  private lookups(region: string): Lookups {
    const { moto, ecs } = this.options;
    return {
      taskDefinition: (name) => describeTaskDefinition(moto, name, region).catch(nothing({})),
      taskTags: async (taskArn) => {
        const [, cluster] = taskArn.split('/');
        const asked = { cluster, tasks: [taskArn], include: ['TAGS'] };
        const answer = await ecs.handle(`${ECS_PREFIX}DescribeTasks`, asked, region).catch(nothing(undefined));
        return records(records(answer?.tasks)[0]?.tags);
      },
      sessionStarter: async (sessionId) => {
        const accessKey = this.starters.get(sessionId);
        return accessKey === undefined ? undefined : (await callerOf(moto, accessKey, region)).userId;
      },
    };
  }
}

/** The session that a call has started: of ECS Exec too, which starts it in the name of its caller. */
function startedSession(action: string, { body }: ApiResponse): string | undefined {
  if (action === 'ssm:StartSession') return text(parseJson(body).SessionId);
  return action === 'ecs:ExecuteCommand' ? text(record(parseJson(body).session)?.sessionId) : undefined;
}

/** What a call names need not be there: the service says so, if the caller may ask at all. */
function nothing<Nothing>(value: Nothing): (error: unknown) => Nothing {
  return (error) => {
    if (error instanceof AwsError) return value;
    throw error;
  };
}

function denied({ arn }: Caller, { action, resource }: AuthorizationRequest, decision: Decision): AwsError {
  const why =
    decision === 'explicitDeny'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`;
  return new AwsError(
    'AccessDeniedException',
    `User: ${arn} is not authorized to perform: ${action} on resource: ${resource} ${why}`,
  );
}
