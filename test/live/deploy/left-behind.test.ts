// A platform that is taken out of the stack without a destroy: Terraform runs no command for it, so its processes stay.
// Whatever is deployed beside it says so, and how to end them.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AiwmCluster, AiwmService } from 'cdktf-aiwm';
import { LocalPlatform } from 'cdktf-aiwm/local';
import { Construct } from 'constructs';
import { Deployment, type Describe } from '../../support/agent/deployment';
import { processesOf } from '../../support/agent/left-over';
import { smallStack } from '../../support/agent/small-stack';

const SERVICE = join(__dirname, '../../support/agent/small-service.cjs');

let deployment: Deployment;
let old: string;

beforeEach(async () => {
  deployment = await Deployment.create();
  old = join(deployment.folder, 'old');
});
afterEach(async () => {
  if (existsSync(old)) {
    end(old);
  }
  await deployment.dispose();
});

function end(folder: string): void {
  execFileSync(process.execPath, [join(folder, 'agent.js'), 'destroy']);
}

/** A second platform, with one instance behind those of the small stack. */
const withOld =
  (instance: number): Describe =>
  (stack) => {
    const scope = new Construct(stack, 'Old');
    new AiwmCluster(scope, 'Aiwm', {
      platform: new LocalPlatform(scope, 'Platform', { stateDir: old }),
      service: AiwmService.command([process.execPath, SERVICE], {
        workingDirectory: deployment.folder,
      }),
      environment: { VERSION: 'old' },
      instances: 1,
      firstPort: deployment.ports.firstInstance + instance - 1,
    });
  };

test('the next apply names it, and so does status, until it is ended as they say', async () => {
  const rest = smallStack(deployment, { instances: 1 });
  const both: Describe = (stack) => {
    rest(stack);
    withOld(2)(stack);
  };
  expect(await deployment.apply(both)).not.toContain('also running');
  expect(processesOf(old)).not.toEqual([]);

  expect(await deployment.plan(rest)).toMatchObject({ Platform_Roster: 'replace' });
  const output = await deployment.apply(rest);
  const command = `node ${join(old, 'agent.js')} destroy`;
  expect(output).toContain(
    `also running: old-aiwm-1 of ${old}, but no LocalPlatform of this app has that folder. ` +
      `If no stack needs it any more, end it: ${command}`,
  );
  expect(deployment.status()).toContain(`also running: old-aiwm-1 of ${old}.`);

  end(old);
  expect(processesOf(old)).toEqual([]);
  expect(deployment.status()).not.toContain('also running');
  expect(await deployment.plan(rest)).toEqual({});
});

test('a platform under a new id names the old one, whose ports it would need', async () => {
  await deployment.apply(withOld(1));
  const reason = await deployment.applyInVain(smallStack(deployment, { instances: 1 }));
  expect(reason).toContain(
    `is taken by the unit old-aiwm-1 of another LocalPlatform (pid ${pidOf(old)}), whose state folder is ${old}. ` +
      `If no stack needs it any more, end it: node ${join(old, 'agent.js')} destroy`,
  );
  expect(deployment.log).toContain(`also running: old-aiwm-1 of ${old}, but no LocalPlatform`);
  end(old);
  await deployment.apply(smallStack(deployment, { instances: 1 }));
});

function pidOf(folder: string): number {
  return processesOf(folder).find(({ command }) => command.includes('small-service'))!.pid;
}
