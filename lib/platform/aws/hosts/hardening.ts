/** Metadata requires a session token, and a hop limit of one keeps containers away from it. */
export const METADATA_OPTIONS = {
  httpEndpoint: 'enabled',
  httpTokens: 'required',
  httpPutResponseHopLimit: 1,
  instanceMetadataTags: 'disabled',
} as const;

/** Size in GiB: the image, packages and logs. */
export const ROOT_SIZE = 20;

/**
 * Processor credits of a burstable type. Without credits a host would serve all of its clients slowly, a new one from its
 * first minute on.
 *
 * @returns undefined for other types, for which AWS refuses the argument
 */
export function creditsOf(instanceType: string): { cpuCredits: string } | undefined {
  return /^t\d/.test(instanceType) ? { cpuCredits: 'unlimited' } : undefined;
}
