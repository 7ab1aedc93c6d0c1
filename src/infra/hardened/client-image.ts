import { EcrPullThroughCacheRule } from '@cdktf/provider-aws/lib/ecr-pull-through-cache-rule';
import { Fn, TerraformCount, TerraformLocal, Token } from 'cdktf';
import { Construct } from 'constructs';
import { choose, isEmpty, oneIf } from '../expressions';
import { arnOf, type Place } from './place';

export interface ClientImageProps {
  readonly namePrefix: string;
  readonly place: Place;
  /** An image in ECR; empty: PostgreSQL's own. */
  readonly image: string;
  /** Major version of PostgreSQL, as text. */
  readonly majorVersion: string;
}

const UPSTREAM = 'public.ecr.aws';
const REPOSITORY = 'docker/library/postgres';
/** A prefix of the cache has at most 30 characters, and `-public` takes seven of them. */
const PREFIX_LENGTH = 23;

/**
 * The image of the bastion: with `psql` in it, so that nothing is installed when a task starts, and in ECR, which
 * private subnets reach through endpoints alone (there is no endpoint for public registries).
 *
 * By default that is PostgreSQL's own image on Debian through a pull through cache. There is nothing to build or to keep
 * up to date, and its major version is the cluster's. The one on Alpine Linux is smaller and has no `script`, without
 * which the exec agent records no session. The first pull of a tag alone needs another way, since
 * ECR does not fetch it for a client behind an endpoint: pull it once from outside, as anybody who may
 * (https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html):
 *
 *     aws ecr batch-get-image --repository-name aurora-bg-public/docker/library/postgres --image-ids imageTag=15-trixie
 *
 * An image of one's own is set with `bastion_container_image`.
 */
export class ClientImage extends Construct {
  readonly uri: string;
  /** ARN of the repositories that the execution role pulls from. */
  readonly repositoryArn: string;

  constructor(scope: Construct, id: string, { namePrefix, place, image, majorVersion }: ClientImageProps) {
    super(scope, id);
    const isOurs = isEmpty(image);
    const prefix = `${Fn.trimsuffix(Fn.substr(namePrefix, 0, PREFIX_LENGTH), '-')}-public`;
    new EcrPullThroughCacheRule(this, 'cache.public', {
      count: TerraformCount.of(oneIf(isOurs)),
      ecrRepositoryPrefix: prefix,
      upstreamRegistryUrl: UPSTREAM,
    });
    const repository = `${prefix}/${REPOSITORY}`;
    const registry = `${place.account}.dkr.ecr.${place.region}.${place.dnsSuffix}`;
    this.uri = this.local('client_image', choose(isOurs, `${registry}/${repository}:${majorVersion}-trixie`, image));
    // `registry/name:tag` or `registry/name@digest`; a registry of another account or region stays what it is.
    const parts: unknown = Fn.regex('^([0-9]+)[.]dkr[.]ecr[.]([a-z0-9-]+)[.][^/]+/([^:@]+)', this.uri);
    const part = (index: number): string => Token.asString(Fn.element(parts, index));
    this.repositoryArn = this.local(
      'client_repository_arn',
      arnOf({ ...place, account: part(0), region: part(1) }, 'ecr', `repository/${part(2)}`),
    );
  }

  private local(name: string, expression: unknown): string {
    return new TerraformLocal(this, `local.${name}`, expression).asString;
  }
}
