import type { StateFolder } from './state-folder';

/**
 * Variables that a service inherits from the environment in which Terraform runs. The list is short, so that a deploy
 * from another terminal changes nothing and Terraform's credentials reach no service.
 */
const INHERITED =
  /^(PATH|HOME|USER|LOGNAME|SHELL|TZ|TMPDIR|LANG|LANGUAGE|LC_[A-Z]+|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|(HTTPS?|NO|ALL)_PROXY)$/i;

/** Variable that marks the processes of a state folder, so that destroy also finds one that left its process group. */
export const MARK = 'AIWM_SUPERVISED';

/** Variables of an environment that a service inherits. */
export function inheritableVariables(environment: NodeJS.ProcessEnv): Record<string, string> {
  const entries = Object.entries(environment).filter(
    (entry): entry is [string, string] => INHERITED.test(entry[0]) && entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}

/** Environment with the mark of a state folder. */
export function withMark(
  environment: Readonly<Record<string, string>>,
  state: StateFolder,
): Record<string, string> {
  return { ...environment, [MARK]: state.root };
}
