import { App } from 'cdktf';
import { parseEnvironments, STACK_ID, stackIdOf } from './src/environments';
import { UserError } from './src/errors';
import { allowsDataLoss, chosenPosture, postureOf } from './src/infra/posture';
import { AuroraBastionStack } from './src/infra/stack';

try {
  const app = new App();
  const environments = parseEnvironments(app.node.tryGetContext('environments'));
  const allowDataLoss = allowsDataLoss(app.node);
  if (environments.length === 0) {
    new AuroraBastionStack(app, STACK_ID, { posture: chosenPosture(app.node), allowDataLoss });
  }
  for (const environment of environments) {
    const { name, namePrefix, region, account, variables } = environment;
    new AuroraBastionStack(app, stackIdOf(name), {
      posture: postureOf(environment, app.node),
      allowDataLoss,
      values: { environment: name, defaults: variables, fixed: { name_prefix: namePrefix, aws_region: region } },
      ...(account === undefined ? {} : { account }),
    });
  }
  app.synth();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(`${error.name}: ${error.message}. ${error.remedy}`);
  process.exitCode = 1;
}
