import { environmentNamed, parseEnvironments, STACK_ID, stackIdOf } from '../environments';
import { chosenPosture, type Posture, postureOf } from '../infra/posture';
import type { ProjectContext } from './synth';

/** A stack to check. */
export interface Target {
  readonly stack: string;
  /** Undefined: the project has one stack and no environments. */
  readonly environment: string | undefined;
  readonly posture: Posture;
}

export interface Targets {
  readonly targets: readonly Target[];
  /** What the app is to be given, so that its stacks are those. */
  readonly context: ProjectContext;
}

/**
 * The stacks of a project.
 * @param chosen the posture of all of them, whatever the project says
 * @param name the one environment to check; undefined: all
 * @throws UsageError, EnvironmentsError, UnknownPostureError, PostureConflictError
 */
export function targetsOf(project: ProjectContext, chosen: string | undefined, name: string | undefined): Targets {
  const tryGetContext = (key: string): unknown => project[key];
  const env = chosen === undefined ? process.env : { POSTURE: chosen };
  const environments = parseEnvironments(project.environments);
  const wanted = name === undefined ? environments : [environmentNamed(environments, name)];
  if (wanted.length === 0) {
    const posture = chosenPosture({ tryGetContext }, env);
    return { targets: [{ stack: STACK_ID, environment: undefined, posture }], context: project };
  }
  const targets = wanted.map((environment) => ({
    stack: stackIdOf(environment.name),
    environment: environment.name,
    posture:
      chosen === undefined ? postureOf(environment, { tryGetContext }, env) : chosenPosture({ tryGetContext }, env),
  }));
  const own = project.environments as Readonly<Record<string, object>>;
  const settled = targets.map(({ environment, posture }) => [environment, { ...own[environment], posture }]);
  return { targets, context: { ...project, environments: Object.fromEntries(settled) as ProjectContext } };
}
