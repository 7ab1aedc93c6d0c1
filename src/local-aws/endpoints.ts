/** The services with an endpoint of their own, as in AWS; all others share one. */
const OWN = ['ecs', 'ssm', 'ssmmessages'] as const;
type Own = (typeof OWN)[number];

/** What listens on a port of its own. */
export const LISTENERS = ['general', ...OWN] as const;
export type Listener = (typeof LISTENERS)[number];

/** URLs without a path. */
export interface Endpoints {
  /** Of all services that are not in `endpoints`. */
  readonly endpoint: string;
  readonly endpoints: Readonly<Record<Own, string>>;
}

export function endpointsOf(port: (listener: Listener) => number): Endpoints {
  const url = (listener: Listener): string => `http://127.0.0.1:${port(listener)}`;
  return {
    endpoint: url('general'),
    endpoints: { ecs: url('ecs'), ssm: url('ssm'), ssmmessages: url('ssmmessages') },
  };
}

/**
 * The variables in which the SDKs, the AWS CLI and Terraform's provider look for endpoints. Where data channels are opened
 * the tickets say, as in AWS.
 */
export function endpointVariables({ endpoint, endpoints: { ecs, ssm } }: Endpoints) {
  return { AWS_ENDPOINT_URL: endpoint, AWS_ENDPOINT_URL_ECS: ecs, AWS_ENDPOINT_URL_SSM: ssm };
}

/** Whether calls to a service are answered there; at `ssmmessages` there are data channels and no calls. */
export function answersCalls(listener: Listener, service: string): boolean {
  if (listener === 'general') return !OWN.some((own) => own === service);
  return listener === service && listener !== 'ssmmessages';
}
