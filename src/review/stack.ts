import { isList, isObject, type Json, type JsonObject, textOf } from './json';
import { readShape } from './shape';

/** A synthesized stack, by what Terraform calls its elements. Addresses are `aws_x.y` and `data.aws_x.y`. */
export interface Stack {
  readonly name: string;
  /** The environment that it is; undefined: the project has none. */
  readonly environment?: string | undefined;
  readonly resources: ReadonlyMap<string, JsonObject>;
  readonly data: ReadonlyMap<string, JsonObject>;
  readonly variables: ReadonlyMap<string, JsonObject>;
  readonly locals: ReadonlyMap<string, Json>;
  readonly outputs: ReadonlyMap<string, JsonObject>;
  /** Provider configurations, by `provider.aws`, and the `terraform` block. */
  readonly settings: ReadonlyMap<string, Json>;
  readonly moved: readonly Move[];
  /** Addresses in `removed` blocks that leave the real thing alone. */
  readonly forgotten: ReadonlySet<string>;
  /** Addresses that `import` blocks take in. */
  readonly imported: ReadonlySet<string>;
}

export interface Move {
  readonly from: string;
  readonly to: string;
}

/**
 * Reads what `cdktf synth` writes: a `cdk.tf.json`.
 * @param which for errors
 * @throws NotSynthesizedError
 */
export function parseStack(name: string, text: string, which = `stack ${name}`): Stack {
  const root = readShape(which, text);
  return {
    name,
    resources: byAddress(root.resource, ''),
    data: byAddress(root.data, 'data.'),
    variables: blocks(root.variable),
    locals: new Map(isObject(root.locals) ? Object.entries(root.locals) : []),
    outputs: blocks(root.output),
    settings: new Map([
      ...(isObject(root.provider) ? Object.entries(root.provider) : []).map(
        ([type, value]) => [`provider.${type}`, value] as const,
      ),
      ...(root.terraform === undefined ? [] : [['terraform', root.terraform] as const]),
    ]),
    moved: objects(root.moved).map(({ from, to }) => ({ from: address(from), to: address(to) })),
    forgotten: new Set(
      objects(root.removed)
        .filter(isForgotten)
        .map(({ from }) => address(from)),
    ),
    imported: new Set(objects(root.import).map(({ to }) => address(to))),
  };
}

/** `aws_vpc` of `aws_vpc.main` and of `data.aws_vpc.main`. */
export function typeOf(address: string): string {
  const [first = '', second = ''] = address.split('.');
  return first === 'data' ? second : first;
}

function byAddress(types: Json | undefined, prefix: string): ReadonlyMap<string, JsonObject> {
  return new Map(
    [...blocks(types)].flatMap(([type, byName]) =>
      [...blocks(byName)].map(([name, block]) => [`${prefix}${type}.${name}`, block] as const),
    ),
  );
}

function blocks(value: Json | undefined): ReadonlyMap<string, JsonObject> {
  if (!isObject(value)) return new Map();
  return new Map(
    Object.entries(value).flatMap(([name, block]) => {
      // A block may stand in a list of its own.
      const one = isList(block) ? block[0] : block;
      return isObject(one) ? [[name, one] as const] : [];
    }),
  );
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return (isList(value) ? value : value === undefined ? [] : [value]).filter(isObject);
}

function isForgotten({ lifecycle }: JsonObject): boolean {
  const [one] = objects(lifecycle);
  return one?.destroy === false;
}

/** Both forms occur: `aws_x.y` and `${aws_x.y}`. */
function address(value: Json | undefined): string {
  return textOf(value).replace(/^\$\{(.*)\}$/, '$1');
}
