import { App } from 'cdktf';
import { AuroraBastionStack } from './src/infra/stack';

const app = new App();
new AuroraBastionStack(app, 'aurora-bg');
app.synth();
