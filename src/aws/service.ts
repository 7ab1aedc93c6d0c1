import { DescribeServicesCommand, type ECSClient, ListTasksCommand, type Service } from '@aws-sdk/client-ecs';
import { UserError } from '../errors';
import { awsCall, awsErrorName } from './errors';

/** The service; undefined when the cluster has none of that name. */
export async function describeService(
  ecs: ECSClient,
  cluster: string,
  serviceName: string,
  signal: AbortSignal,
): Promise<Service | undefined> {
  const { services = [] } = await awsCall('ecs:DescribeServices', () =>
    ecs.send(new DescribeServicesCommand({ cluster, services: [serviceName] }), { abortSignal: signal }),
  );
  return services.find(({ status }) => status !== 'INACTIVE');
}

/** The ARNs of a service's running tasks, at least one. @throws UserError when there is none, with why */
export async function serviceTasks(
  ecs: ECSClient,
  cluster: string,
  serviceName: string,
  signal: AbortSignal,
): Promise<readonly [string, ...string[]]> {
  try {
    const { taskArns = [] } = await awsCall('ecs:ListTasks', () =>
      ecs.send(new ListTasksCommand({ cluster, serviceName, desiredStatus: 'RUNNING' }), { abortSignal: signal }),
    );
    const [first, ...more] = taskArns;
    if (first !== undefined) return [first, ...more];
  } catch (error) {
    if (awsErrorName(error) !== 'ServiceNotFoundException') throw error;
    throw new UserError(
      `There is no service ${serviceName} in the cluster ${cluster}`,
      'Deploy with --var bastion_enable_service=true, or leave --service away',
      { cause: error },
    );
  }
  const service = await describeService(ecs, cluster, serviceName, signal).catch((): undefined => undefined);
  throw new UserError(`The service ${serviceName} has no running task${countsOf(service)}`, whyNone(service));
}

/** `1 desired, 0 running, 1 pending` */
export function serviceCounts({ desiredCount = 0, runningCount = 0, pendingCount = 0 }: Service): string {
  return `${desiredCount} desired, ${runningCount} running, ${pendingCount} pending`;
}

/** Its last events, the newest first. */
export function lastEvents({ events = [] }: Service, count: number): readonly string[] {
  return events.slice(0, count).map(({ createdAt, message = '' }) => {
    const when = createdAt === undefined ? '' : `${createdAt.toISOString().slice(0, 19)}Z `;
    return `${when}${message}`;
  });
}

function countsOf(service: Service | undefined): string {
  return service === undefined ? '' : ` (${serviceCounts(service)})`;
}

function whyNone(service: Service | undefined): string {
  if (service?.desiredCount === 0) return 'Deploy with --var bastion_service_desired_count=1';
  const events = service === undefined ? [] : lastEvents(service, 3);
  const told = events.length === 0 ? '' : `. It last said:\n${events.map((event) => `  ${event}`).join('\n')}`;
  return `It may be starting: try again in a minute${told}`;
}
