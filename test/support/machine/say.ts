/** A figure for people, beside the test that saw it: without the frame that jest puts around console.log. */
export function say(text: string): void {
  process.stderr.write(`    ${text}\n`);
}
