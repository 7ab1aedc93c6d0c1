import { App } from 'cdktf';
import { UserError } from './src/errors';
import { allowsDataLoss, chosenPosture } from './src/infra/posture';
import { AuroraBastionStack } from './src/infra/stack';

try {
  const app = new App();
  new AuroraBastionStack(app, 'aurora-bg', {
    posture: chosenPosture(app.node),
    allowDataLoss: allowsDataLoss(app.node),
  });
  app.synth();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(`${error.name}: ${error.message}. ${error.remedy}`);
  process.exitCode = 1;
}
