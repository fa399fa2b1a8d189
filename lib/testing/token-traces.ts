/**
 * Turns off the stack traces of Tokens; those of errors stay.
 *
 * cdktf captures a trace of full depth for every Token, and a test runner maps each of its lines to sources. That is
 * most of the time of a test that synthesizes a stack.
 *
 * @returns a function that turns them on again
 * @internal
 */
export function skipTokenTraces(): () => void {
  const { captureStackTrace } = Error;
  Error.captureStackTrace = (target, below) => {
    // cdktf captures them on a plain object and without a limit.
    if (target instanceof Error || Error.stackTraceLimit !== Number.MAX_SAFE_INTEGER) {
      captureStackTrace(target, below);
    }
  };
  return () => {
    Error.captureStackTrace = captureStackTrace;
  };
}
