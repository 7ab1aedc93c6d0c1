import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProviderMirror, hasOwnInstallation, writeCliConfig } from '../../../src/local-aws/provider-mirror';

const PROVIDER = 'registry.terraform.io/hashicorp/aws';
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'provider-mirror-'));
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

function makeMirror(path: string): string {
  const mirror = join(home, path);
  mkdirSync(join(mirror, PROVIDER), { recursive: true });
  return mirror;
}

describe('the provider mirror', () => {
  it('is the one that TF_PROVIDER_MIRROR names, before all others', () => {
    makeMirror('.terraform.d/plugins');
    const named = makeMirror('named');
    expect(findProviderMirror({ HOME: home, TF_PROVIDER_MIRROR: named })).toBe(named);
  });

  it.each(['.terraform.d/plugins', '.local/share/terraform/plugins'])("is Terraform's own ~/%s", (path) => {
    const mirror = makeMirror(path);
    expect(findProviderMirror({ HOME: home })).toBe(mirror);
  });

  it('is looked for in XDG_DATA_DIRS', () => {
    const mirror = makeMirror('data/terraform/plugins');
    expect(findProviderMirror({ HOME: home, XDG_DATA_DIRS: `/nowhere:${join(home, 'data')}` })).toBe(mirror);
  });

  it('does not count when it holds no AWS provider', () => {
    const named = join(home, 'empty');
    mkdirSync(named);
    expect(findProviderMirror({ HOME: home, TF_PROVIDER_MIRROR: named })).not.toBe(named);
  });

  it('serves the AWS provider alone', () => {
    expect(readFileSync(writeCliConfig(home, '/a "mirror"'), 'utf8')).toBe(`provider_installation {
  filesystem_mirror {
    path    = "/a \\"mirror\\""
    include = ["registry.terraform.io/hashicorp/aws"]
  }
  direct {
    exclude = ["registry.terraform.io/hashicorp/aws"]
  }
}
`);
  });

  it("gives way to the user's own installation settings", () => {
    const file = join(home, 'own.rc');
    writeFileSync(file, 'provider_installation {}');
    expect(hasOwnInstallation({ HOME: home, TF_CLI_CONFIG_FILE: file })).toBe(true);
    writeFileSync(file, 'disable_checkpoint = true');
    expect(hasOwnInstallation({ HOME: home, TF_CLI_CONFIG_FILE: file })).toBe(false);
    expect(hasOwnInstallation({ HOME: home, TF_CLI_CONFIG_FILE: join(home, 'absent.rc') })).toBe(false);
  });
});
