import { AwsError, type Json, list, record, records, text } from './aws-api';
import { describeCluster, describeTaskDefinition, type EcsContext } from './ecs-lookup';
import type { Faults } from './faults';
import type { Task } from './task';

interface Started {
  /** What was asked for with this client token. */
  readonly request: string;
  readonly tasks: Promise<readonly Task[]>;
}

const MOST_TASKS = 10;

/** RunTask: refuses what ECS refuses, and starts the same request once. */
export class RunTask {
  private readonly byClientToken = new Map<string, Started>();

  constructor(
    private readonly context: EcsContext,
    private readonly faults: () => Faults,
  ) {}

  async handle(input: Json, region: string): Promise<Json> {
    const { runTaskFailure } = this.faults();
    if (runTaskFailure !== undefined) return fail(runTaskFailure);
    const tasks = await this.once(text(input.clientToken), JSON.stringify(input), () => this.start(input, region));
    return { tasks: tasks.map((task) => task.describe()), failures: [] };
  }

  private once(
    clientToken: string | undefined,
    request: string,
    start: () => Promise<readonly Task[]>,
  ): Promise<readonly Task[]> {
    if (clientToken === undefined) return start();
    const known = this.byClientToken.get(clientToken);
    if (known !== undefined && known.request !== request) {
      throw new AwsError(
        'ConflictException',
        'The RunTask request could not be processed due to conflicts. The provided clientToken is already in use with a different RunTask request.',
      );
    }
    if (known !== undefined) return known.tasks;
    const tasks = start();
    this.byClientToken.set(clientToken, { request, tasks });
    tasks.catch(() => this.byClientToken.delete(clientToken)); // the caller hears of it
    return tasks;
  }

  private async start(input: Json, region: string): Promise<readonly Task[]> {
    const count = typeof input.count === 'number' ? input.count : 1;
    if (count < 1 || count > MOST_TASKS) {
      throw new AwsError('InvalidParameterException', `Count must be between 1 and ${MOST_TASKS}.`);
    }
    const cluster = await describeCluster(this.context.moto, text(input.cluster), region);
    const definition = await describeTaskDefinition(this.context.moto, text(input.taskDefinition) ?? '', region);
    checkLaunchType(input, cluster, definition);
    const launch = {
      region,
      clusterArn: text(cluster.clusterArn) ?? '',
      definition,
      networkConfiguration: record(input.networkConfiguration) ?? {},
      overrides: record(input.overrides) ?? {},
      tags: records(input.tags),
      enableExecuteCommand: input.enableExecuteCommand === true,
      startedBy: text(input.startedBy),
      ...(text(input.group) === undefined ? {} : { group: text(input.group) ?? '' }),
    };
    return Array.from({ length: count }, () => this.context.tasks.start(launch));
  }
}

/** Without a launch type ECS means EC2, and there are no container instances here, nor in a Fargate-only account. */
function checkLaunchType(input: Json, cluster: Json, definition: Json): void {
  const strategies = [...records(input.capacityProviderStrategy), ...records(cluster.defaultCapacityProviderStrategy)];
  const onFargate =
    input.launchType === 'FARGATE' ||
    (input.launchType === undefined &&
      strategies.some(({ capacityProvider }) => text(capacityProvider)?.startsWith('FARGATE') === true));
  if (!onFargate) {
    throw new AwsError('InvalidParameterException', 'No Container Instances were found in your cluster.');
  }
  if (!list(definition.requiresCompatibilities).includes('FARGATE')) {
    throw new AwsError('InvalidParameterException', 'Task definition does not support launch_type FARGATE.');
  }
}

/** @param failure `SomeException: text` is thrown, anything else is the reason of a failure */
function fail(failure: string): Json {
  const [, code, message] = /^(\w+Exception): (.*)$/s.exec(failure) ?? [];
  if (code !== undefined) throw new AwsError(code, message ?? '', code === 'ServerException' ? 500 : 400);
  return { tasks: [], failures: [{ reason: failure }] };
}
