// The environment in which the tools say only what matters.
import { existsSync } from 'node:fs';

/**
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {NodeJS.ProcessEnv} a copy
 */
export function quietEnvironment(environment = process.env) {
  /** @type {NodeJS.ProcessEnv} */
  const quiet = {
    ...environment,
    // No look for newer versions, no crash reports.
    CHECKPOINT_DISABLE: '1',
    TF_IN_AUTOMATION: '1',
    JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '18,20',
    JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION: '1',
  };
  // Terraform warns at every call when this names a file that is not there.
  if (quiet.TF_CLI_CONFIG_FILE && !existsSync(quiet.TF_CLI_CONFIG_FILE)) {
    delete quiet.TF_CLI_CONFIG_FILE;
  }
  return quiet;
}
