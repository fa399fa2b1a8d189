/**
 * cdktf takes a stack trace of full depth for every Token, and a test runner maps each line of it to its sources, which
 * is most of the time that a test of a stack takes. Nobody reads these traces; those of errors stay.
 *
 * @returns brings them back
 * @internal
 */
export function skipTokenTraces(): () => void {
  const { captureStackTrace } = Error;
  Error.captureStackTrace = (target, below) => {
    // cdktf asks for one on a plain object, without a limit.
    if (target instanceof Error || Error.stackTraceLimit !== Number.MAX_SAFE_INTEGER) {
      captureStackTrace(target, below);
    }
  };
  return () => {
    Error.captureStackTrace = captureStackTrace;
  };
}
