import { CHANNEL_ENDPOINT_VARIABLE, channelEndpoint, webSocketOrigin } from '../aws/endpoints';
import { UsageError } from '../errors';
import type { Lease } from '../remote/lease';
import { parseDuration } from './duration';
import type { Values } from './options';

/** Where the deployment is. */
export interface Where {
  readonly cluster: string | undefined;
  readonly region: string | undefined;
  readonly profile: string | undefined;
  /** A file written by `cdktf deploy --outputs-file`. */
  readonly outputsFile: string | undefined;
  /** One of those that `cdktf.json` names. */
  readonly environment: string | undefined;
  /** Where data channels are opened; undefined: where the service says. */
  readonly channelEndpoint: string | undefined;
}

/** How a task of our own is started. */
export interface NewTaskOptions {
  readonly reason: string | undefined;
  readonly lease: Lease;
  /** How long its start may take. */
  readonly startTimeoutMs: number | undefined;
  /** Say where the time went. */
  readonly timing: boolean;
}

/** The task to work in, and how to find or start it. */
export interface TaskOptions extends Where, NewTaskOptions {
  readonly target: Target;
  /** Leave a task that was started here until its lease ends. */
  readonly keep: boolean;
}

/**
 * A one-off task of our own, one of ours that runs already, or else a new one, one that runs and never a new one, a task
 * of the service, or one by its id or ARN.
 */
export type Target =
  | { readonly kind: 'new' }
  | { readonly kind: 'reuse' }
  | { readonly kind: 'running' }
  | { readonly kind: 'service' }
  | { readonly kind: 'task'; readonly id: string };

const DEFAULT_IDLE = '10m';
const DEFAULT_LIFETIME = '8h';
/** AWS's limit of a tag's value. */
const MOST_REASON = 256;

/**
 * Where the deployment is: by option, else by variable. An environment, however it is named, is what it is: the old
 * script's variables, which may be left over from another, do not change it.
 * @throws UsageError
 */
export function whereOf(values: Values, env: NodeJS.ProcessEnv): Where {
  if (values.env !== undefined && values.cluster !== undefined) {
    throw new UsageError('--env and --cluster exclude each other', 'An environment has one cluster');
  }
  const environment = values.cluster === undefined ? (values.env ?? nonEmpty(env.BASTION_ENV)) : undefined;
  const isNamed = environment !== undefined;
  return {
    environment,
    cluster: values.cluster ?? (isNamed ? undefined : nonEmpty(env.CLUSTER_NAME)),
    region: values.region ?? (isNamed ? undefined : nonEmpty(env.REGION)),
    profile: values.profile ?? nonEmpty(env.AWS_PROFILE),
    outputsFile: values.outputs,
    channelEndpoint: channelEndpointOf(values, env),
  };
}

function channelEndpointOf({ 'endpoint-url-ssmmessages': given }: Values, env: NodeJS.ProcessEnv): string | undefined {
  const endpoint = channelEndpoint({ channelEndpoint: given }, env);
  if (endpoint === undefined || webSocketOrigin(endpoint) !== undefined) return endpoint;
  const source = given === undefined ? CHANNEL_ENDPOINT_VARIABLE : '--endpoint-url-ssmmessages';
  const shown = endpoint.replace(/\/\/.*@/, '//…@'); // there may be a password
  throw new UsageError(`${source} ${shown} is no address of an endpoint`, 'Write it as https://HOST');
}

/** @throws UsageError */
export function taskOptions(where: Where, values: Values): TaskOptions {
  return { ...where, ...newTaskOptions(values), target: targetOf(values), keep: values.keep === true };
}

/** @throws UsageError */
export function newTaskOptions(values: Values): NewTaskOptions {
  const idleSeconds = parseDuration(values['idle-timeout'] ?? DEFAULT_IDLE, 'idle-timeout');
  const lifetimeSeconds = parseDuration(values['max-lifetime'] ?? DEFAULT_LIFETIME, 'max-lifetime');
  const start = values['start-timeout'];
  const { reason } = values;
  if (reason !== undefined && reason.length > MOST_REASON) {
    throw new UsageError(`--reason is longer than ${MOST_REASON} characters`);
  }
  return {
    reason,
    lease: { idleSeconds, lifetimeSeconds },
    startTimeoutMs: start === undefined ? undefined : parseDuration(start, 'start-timeout') * 1000,
    timing: values.timing === true,
  };
}

/** @throws UsageError */
export function targetOf({ task, service, reuse }: Values): Target {
  const given = [task !== undefined && '--task', service === true && '--service', reuse === true && '--reuse'].filter(
    (one) => one !== false,
  );
  if (given.length > 1) throw new UsageError(`${given.join(' and ')} exclude each other`);
  if (task !== undefined) return { kind: 'task', id: task };
  return { kind: service === true ? 'service' : reuse === true ? 'reuse' : 'new' };
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
