import { AwsError, type Json, text, texts } from './aws-api';

const ECR_PREFIX = 'AmazonEC2ContainerRegistry_V20150921.';

/** Pull through cache rules of ECR, which moto does not know. */
export class Ecr {
  /** By region and prefix. */
  private readonly rules = new Map<string, Json>();

  /** @returns undefined for what is moto's */
  handle(target: string, input: Json, region: string): Json | undefined {
    const prefix = text(input.ecrRepositoryPrefix) ?? '';
    const key = `${region}/${prefix}`;
    switch (target.slice(ECR_PREFIX.length)) {
      case 'CreatePullThroughCacheRule': {
        if (this.rules.has(key)) {
          throw new AwsError(
            'PullThroughCacheRuleAlreadyExistsException',
            `A pull through cache rule with the prefix '${prefix}' already exists.`,
          );
        }
        const { upstreamRegistryUrl } = input;
        const rule = { ecrRepositoryPrefix: prefix, upstreamRegistryUrl, registryId: ACCOUNT, createdAt: now() };
        this.rules.set(key, rule);
        return rule;
      }
      case 'DescribePullThroughCacheRules':
        return { pullThroughCacheRules: texts(input.ecrRepositoryPrefixes).map((one) => this.require(region, one)) };
      case 'DeletePullThroughCacheRule': {
        const rule = this.require(region, prefix);
        this.rules.delete(key);
        return rule;
      }
      default:
        return undefined;
    }
  }

  private require(region: string, prefix: string): Json {
    const rule = this.rules.get(`${region}/${prefix}`);
    if (rule !== undefined) return rule;
    throw new AwsError('PullThroughCacheRuleNotFoundException', `There is no rule with the prefix '${prefix}'.`);
  }
}

/** moto's. */
const ACCOUNT = '123456789012';

/** Seconds since 1970, as the JSON protocol has them. */
function now(): number {
  return Date.now() / 1000;
}
