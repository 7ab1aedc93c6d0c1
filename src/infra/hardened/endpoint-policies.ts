import type { Names } from './names';
import { arnOf, type Place, roleArn } from './place';

export interface EndpointPoliciesProps {
  readonly place: Place;
  readonly names: Names;
  readonly repositoryArn: string;
  readonly sessionsKeyArn: string;
  readonly passwordSecretArn: string;
}

type Statement = Readonly<Record<string, unknown>>;

/** Interface endpoints that a task needs without a NAT gateway, by their Terraform names. */
export const INTERFACE_SERVICES = {
  ecr_api: 'ecr.api',
  ecr_dkr: 'ecr.dkr',
  logs: 'logs',
  ssmmessages: 'ssmmessages',
  secretsmanager: 'secretsmanager',
  kms: 'kms',
} as const;

/**
 * What may go through each endpoint: the calls of the two roles, and what people of this account do in the VPC to hold a
 * session. So no one who gets into a task can carry anything out through them with credentials of another account. DNS
 * has no endpoint and goes by the resolver.
 */
export function endpointPolicies(
  props: EndpointPoliciesProps,
): Record<keyof typeof INTERFACE_SERVICES, readonly Statement[]> {
  const { place, names } = props;
  const execution = roleArn(place, names.executionRole);
  const task = roleArn(place, names.taskRole);
  const allow = (roles: readonly string[], actions: readonly string[], resources: readonly string[]): Statement => ({
    Effect: 'Allow',
    Principal: '*',
    Action: actions,
    Resource: resources,
    Condition: { ArnEquals: { 'aws:PrincipalArn': roles } },
  });
  const pull = [
    allow([execution], ['ecr:GetAuthorizationToken'], ['*']),
    allow(
      [execution],
      [
        'ecr:BatchCheckLayerAvailability',
        'ecr:BatchGetImage',
        'ecr:GetDownloadUrlForLayer',
        'ecr:BatchImportUpstreamImage',
        'ecr:CreateRepository',
      ],
      [props.repositoryArn],
    ),
  ];
  const { container, sessions } = names.logGroups;
  const logs = [container, sessions].map((name) => arnOf(place, 'logs', `log-group:${name}:*`));
  return {
    ecr_api: pull,
    ecr_dkr: pull,
    logs: [
      allow([execution, task], ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'], logs),
      allow([task], ['logs:DescribeLogGroups'], ['*']),
    ],
    ssmmessages: [
      allow(
        [task],
        [
          'ssmmessages:CreateControlChannel',
          'ssmmessages:CreateDataChannel',
          'ssmmessages:OpenControlChannel',
          'ssmmessages:OpenDataChannel',
        ],
        ['*'],
      ),
      openChannels(place),
    ],
    secretsmanager: [allow([execution], ['secretsmanager:GetSecretValue'], [props.passwordSecretArn])],
    kms: [allow([task], ['kms:Decrypt'], [props.sessionsKeyArn])],
  };
}

/**
 * Where the names of ssmmessages lead to the endpoint (in the VPC, or by a VPN with its DNS), clients open the data
 * channels of their sessions through it too, signed with their own credentials. Which sessions are whose is for their
 * own policies to say: ids of sessions that are no ECS Exec's begin with the name of whoever started them. The group of
 * the endpoints takes the bastion alone: other clients have to be let in there too.
 *
 * The resource is that of AWS's examples and of its policy AWSCloud9Administrator. The service authorization reference
 * has none for `ssmmessages`: should AWS ask for `*`, clients in the VPC are refused until it stands here. Whoever does
 * not sign belongs to no account, and is refused.
 */
function openChannels(place: Place): Statement {
  return {
    Effect: 'Allow',
    Principal: '*',
    Action: ['ssmmessages:OpenDataChannel'],
    Resource: [arnOf(place, 'ssm', 'session/*')],
    Condition: { StringEquals: { 'aws:PrincipalAccount': place.account } },
  };
}

/** Where ECR keeps the layers of images. Its URLs are signed by ECR itself, so no principal of ours can be named. */
export function layersPolicy({ partition, region }: Place): Statement {
  return {
    Effect: 'Allow',
    Principal: '*',
    Action: 's3:GetObject',
    Resource: `arn:${partition}:s3:::prod-${region}-starport-layer-bucket/*`,
  };
}
