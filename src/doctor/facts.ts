import { setMaxListeners } from 'node:events';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  type Cluster,
  type ContainerDefinition,
  DescribeClustersCommand,
  type TaskDefinition,
} from '@aws-sdk/client-ecs';
import { type AwsAccess, configuration, ecsClient } from '../aws/clients';
import { AwsCallError, awsCall, awsErrorName } from '../aws/errors';
import { callerIdentity } from '../aws/identity';
import { describeService } from '../aws/service';
import { bastionDefinition, describeTaskDefinition, logStream } from '../aws/task-definition';
import { UserError } from '../errors';
import { AbsentError, DEPLOY } from './check';
import { DatabaseFacts } from './database-facts';
import { NetworkFacts } from './network-facts';
import { once } from './once';
import { RoleFacts } from './role-facts';

/** The deployment to look at. */
export interface DoctorTarget {
  readonly access: AwsAccess;
  readonly cluster: string;
  /** Family or ARN. */
  readonly taskDefinition: string;
  readonly serviceName: string;
  readonly subnets: readonly string[];
  readonly securityGroup: string;
  /** Why subnets and security group are not known, when they are not. */
  readonly networkFault?: UserError | undefined;
}

const ELSEWHERE = `${DEPLOY}, or name another with --cluster, --region or --profile`;

/** What AWS says about a deployment: each thing is asked for when a check needs it, and once. */
export class Facts {
  readonly network: NetworkFacts;
  readonly roles: RoleFacts;
  readonly database: DatabaseFacts;

  readonly signal: AbortSignal;

  constructor(
    readonly target: DoctorTarget,
    given: AbortSignal,
  ) {
    // Many calls wait for it at the same time, and each adds a listener.
    const signal = AbortSignal.any([given]);
    setMaxListeners(0, signal);
    this.signal = signal;
    this.network = new NetworkFacts(target, signal);
    this.roles = new RoleFacts(target.access, signal);
    this.database = new DatabaseFacts(target.access, signal, async () => variable(await this.container(), 'PGHOST'));
  }

  readonly caller = once(() => callerIdentity(this.target.access, this.signal));

  readonly cluster = once(async (): Promise<Cluster> => {
    const { access, cluster: name } = this.target;
    const { clusters = [] } = await awsCall('ecs:DescribeClusters', () =>
      ecsClient(access).send(new DescribeClustersCommand({ clusters: [name], include: ['CONFIGURATIONS'] }), {
        abortSignal: this.signal,
      }),
    );
    const [found] = clusters;
    // A deleted cluster is shown for a while.
    if (found !== undefined && found.status !== 'INACTIVE') return found;
    throw new AbsentError('cluster', `There is no cluster ${name} in this region and account`, ELSEWHERE);
  });

  readonly taskDefinition = once(async (): Promise<TaskDefinition> => {
    const { access, taskDefinition } = this.target;
    return await this.present('task-definition', () =>
      describeTaskDefinition(ecsClient(access), taskDefinition, this.signal),
    );
  });

  readonly container = once(async (): Promise<ContainerDefinition> => {
    const definition = await this.taskDefinition();
    return await this.present('task-definition', () => bastionDefinition(definition));
  });

  /** Undefined when there is none of that name. */
  readonly service = once(async () => {
    const { access, serviceName } = this.target;
    const { clusterName = '' } = await this.cluster();
    return await describeService(ecsClient(access), clusterName, serviceName, this.signal);
  });

  /** Where the container's output goes, and whether that group exists; undefined without the awslogs driver. */
  readonly logGroup = once(async (): Promise<{ readonly name: string; readonly exists: boolean } | undefined> => {
    const name = logStream(await this.container(), '')?.group;
    if (name === undefined) return undefined;
    const logs = new CloudWatchLogsClient(configuration(this.target.access));
    const { logGroups = [] } = await awsCall('logs:DescribeLogGroups', () =>
      logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }), { abortSignal: this.signal }),
    );
    return { name, exists: logGroups.some(({ logGroupName }) => logGroupName === name) };
  });

  /** Turns the words of other code for "is not there" into ours. */
  private async present<T>(matterOf: string, get: () => T | Promise<T>): Promise<T> {
    try {
      return await get();
    } catch (error) {
      if (!(error instanceof UserError) || (error instanceof AwsCallError && awsErrorName(error) !== undefined)) {
        throw error;
      }
      throw new AbsentError(matterOf, error.message, error.remedy, { cause: error });
    }
  }
}

/** The value of a variable in a container's definition; empty when there is none. */
export function variable({ environment = [] }: ContainerDefinition, name: string): string {
  return environment.find((one) => one.name === name)?.value ?? '';
}
