// A real browser, headless, for which the test's name is this machine.
import { chromium, type Browser } from 'playwright-core';
import { findProgram } from '../../../scripts/machine/programs.mjs';
import { closeAtCleanUp } from '../machine/clean-up';
import { forget, stopAtEnd } from '../machine/reaper';
import { temporaryFolder } from '../machine/temporary-folder';

export const browserProgram = ['chromium', 'chromium-browser', 'google-chrome']
  .map(findProgram)
  .find((program) => program !== undefined);

/** Starts it; every name below .test leads here. */
export async function startBrowser(): Promise<Browser> {
  const server = await chromium.launchServer({
    executablePath: browserProgram,
    headless: true,
    env: { ...process.env, HOME: temporaryFolder('browser') } as Record<string, string>,
    args: [
      '--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      // As root it has no sandbox, and in a container no GPU; the others keep it from calling home.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const { pid } = server.process();
  if (pid !== undefined) {
    stopAtEnd(pid);
    server.once('close', () => forget(pid));
  }
  closeAtCleanUp(server);
  return chromium.connect(server.wsEndpoint());
}
