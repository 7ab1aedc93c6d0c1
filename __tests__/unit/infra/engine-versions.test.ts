import { CREATABLE_VERSIONS, DEFAULT_ENGINE_VERSION } from '../../../src/infra/engine-versions';
import { POSTURES } from '../../../src/infra/posture';
import { type Synthesized, synthesize } from '../../support/synth';

const major = (version: unknown): string => String(version).split('.')[0] ?? '';

describe.each(POSTURES)('a new %s system', (posture) => {
  const text = synthesize({ posture });
  const { variable, locals, resource } = JSON.parse(text) as Synthesized & {
    readonly locals: Readonly<Record<string, unknown>>;
  };

  it('has an engine that can be created, the newest of its major version', () => {
    const version = variable.aurora_engine_version?.default;
    expect(CREATABLE_VERSIONS).toContain(version);
    expect(version).toBe(CREATABLE_VERSIONS.filter((one) => major(one) === major(version)).at(-1));
  });

  it('has a cluster, parameter groups and a client of that variable, and no version of its own anywhere', () => {
    expect(resource.aws_rds_cluster?.aurora_postgresql?.engine_version).toBe('${var.aurora_engine_version}');
    expect(locals.postgresql_major).toBe('${element(split(".", var.aurora_engine_version), 0)}');
    for (const groups of ['aws_db_parameter_group', 'aws_rds_cluster_parameter_group']) {
      expect(resource[groups]?.aurora_postgresql?.family).toBe('aurora-postgresql${local.postgresql_major}');
    }
    const client = posture === 'hardened' ? locals.client_image : locals.postgresql_client;
    expect(client).toContain('local.postgresql_major');
    const rest = text.replaceAll(DEFAULT_ENGINE_VERSION, '');
    expect(CREATABLE_VERSIONS.filter((version) => rest.includes(`"${version}"`))).toEqual([]);
  });

  it('says what to set where a system is adopted', () => {
    expect(variable.aurora_engine_version?.description).toMatch(/An adopted system: the version it has/);
  });
});

it('the list has every version once, oldest first', () => {
  const order = (version: string): number => Number(major(version)) * 100 + Number(version.split('.')[1]);
  expect(CREATABLE_VERSIONS.map(order)).toEqual([...new Set(CREATABLE_VERSIONS.map(order))].toSorted((a, b) => a - b));
});
