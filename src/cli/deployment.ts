import type { AwsAccess } from '../aws/clients';
import type { BastionNetwork } from '../aws/run-task';
import { stackIdOf } from '../environments';
import { UserError } from '../errors';
import type { Outputs } from '../outputs';
import { PACKAGE } from '../package';
import { NoOutputsError, readOutputsFile, readTerraformOutputs, stackDirectory } from '../terraform';
import type { Where } from './args';
import { checkAccount, type Place, placeOf } from './environment';
import type { Story } from './story';

/** What was deployed, as far as a session needs to know. */
export interface Deployment {
  readonly access: AwsAccess;
  readonly cluster: string;
  /** Its name, where it is one of several. */
  readonly environment?: string | undefined;
  readonly serviceName: string;
  /** Of the task definition. */
  readonly family: string;
  /** Where a task of our own goes; looked up only when one is started. */
  readonly network: () => Promise<BastionNetwork>;
}

/** The outputs are not those of the environment that is named. */
export class OtherClusterError extends UserError {
  constructor(environment: string, expected: string, actual: string) {
    super(
      `The environment ${environment} has the cluster ${expected}, and the outputs are of ${actual}`,
      'Pass the outputs of this environment, or name the other one',
    );
  }
}

const DEFAULT_PREFIX = 'aurora-bg';
const DEFAULT_REGION = 'ap-northeast-1';

/**
 * Takes the deployment from the outputs, or, where there are none, from the names in AWS. Options come first, then
 * the outputs, then what the environment says, then what the old script assumed.
 * @throws UsageError, EnvironmentsError at once where it is not clear which is meant, before a command does anything;
 * what it returns: UserError, AwsCallError
 */
export function findDeployment(options: Where, story: Story, signal: AbortSignal): Promise<Deployment> {
  return deploymentAt(placeOf(options, PACKAGE), options, story, signal);
}

async function deploymentAt(place: Place, options: Where, story: Story, signal: AbortSignal): Promise<Deployment> {
  const environment = place.kind === 'environment' ? place.environment : undefined;
  const { profile, channelEndpoint } = options;
  const fallback = environment?.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? DEFAULT_REGION;
  const [{ outputs, why }] = await Promise.all([
    story.timed('outputs', () => findOutputs(options, place, signal)),
    environment && checkAccount(environment, { region: options.region ?? fallback, profile }, signal),
  ]);
  const expected = `${environment?.namePrefix ?? DEFAULT_PREFIX}-bastion-cluster`;
  const cluster = options.cluster ?? outputs?.bastionClusterName ?? expected;
  if (environment !== undefined && cluster !== expected)
    throw new OtherClusterError(environment.name, expected, cluster);
  const access = { region: options.region ?? outputs?.region ?? fallback, profile, channelEndpoint };
  return {
    access,
    cluster,
    environment: environment?.name,
    serviceName: cluster.replace(/-cluster$/, '-service'),
    family: outputs?.bastionTaskDefinitionFamily ?? cluster.replace(/-cluster$/, ''),
    network: async () => {
      if (outputs !== undefined) return networkOf(outputs, cluster);
      story.line(`${why?.message ?? 'There are no outputs'}: looking the network up in AWS by its names`);
      try {
        // The EC2 client is larger than all the rest together, and seldom needed.
        const { discoverNetwork } = await import('../aws/discovery.js');
        return await discoverNetwork(access, cluster, signal);
      } catch (error) {
        if (!(error instanceof UserError) || why === undefined) throw error;
        throw new UserError(`${why.message}, and the look-up in AWS failed too: ${error.message}`, why.remedy, {
          cause: error,
        });
      }
    },
  };
}

async function findOutputs(
  { outputsFile }: Where,
  place: Place,
  signal: AbortSignal,
): Promise<{ readonly outputs?: Outputs; readonly why?: NoOutputsError }> {
  const stackId = place.kind === 'environment' ? stackIdOf(place.environment.name) : undefined;
  if (outputsFile !== undefined) return { outputs: readOutputsFile(outputsFile, stackId) };
  if (place.kind === 'other') return { why: new NoOutputsError('No environment is named', 'Name one with --env') };
  try {
    return { outputs: await readTerraformOutputs(stackDirectory(process.env, PACKAGE, stackId), signal) };
  } catch (error) {
    if (error instanceof NoOutputsError) return { why: error };
    throw error;
  }
}

function networkOf(outputs: Outputs, cluster: string): BastionNetwork {
  return {
    cluster,
    taskDefinition: outputs.bastionTaskDefinitionFamily,
    subnets: outputs.privateSubnetIds,
    securityGroup: outputs.bastionSecurityGroupId,
  };
}
