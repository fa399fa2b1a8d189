import type { StateFolder } from './state-folder';

/**
 * What a service inherits of the environment in which Terraform runs. A short list, so that a deploy from another
 * terminal changes nothing and Terraform's own credentials reach nobody.
 */
const INHERITED =
  /^(PATH|HOME|USER|LOGNAME|SHELL|TZ|TMPDIR|LANG|LANGUAGE|LC_[A-Z]+|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|(HTTPS?|NO|ALL)_PROXY)$/i;

/** Marks the processes of a state folder, so that destroy finds also one that left its process group. */
export const MARK = 'AIWM_SUPERVISED';

export function inheritableVariables(environment: NodeJS.ProcessEnv): Record<string, string> {
  const entries = Object.entries(environment).filter(
    (entry): entry is [string, string] => INHERITED.test(entry[0]) && entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}

export function withMark(
  environment: Readonly<Record<string, string>>,
  state: StateFolder,
): Record<string, string> {
  return { ...environment, [MARK]: state.root };
}
