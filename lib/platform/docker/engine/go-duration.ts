/**
 * A duration in the form in which the provider reads it back: "1m30s", "2s", "500ms". Any other form would be a change
 * in every plan.
 *
 * @internal
 */
export function goDuration(milliseconds: number): string {
  if (milliseconds > 0 && milliseconds < 1000) {
    return `${milliseconds}ms`;
  }
  const seconds = Math.floor(milliseconds / 1000) % 60;
  const rest = String(milliseconds % 1000)
    .padStart(3, '0')
    .replace(/0+$/, '');
  const minutes = Math.floor(milliseconds / 60_000) % 60;
  const hours = Math.floor(milliseconds / 3_600_000);
  return [
    hours > 0 ? `${hours}h` : '',
    hours > 0 || minutes > 0 ? `${minutes}m` : '',
    `${seconds}${rest === '' ? '' : `.${rest}`}s`,
  ].join('');
}

/**
 * A duration of a service, for which the provider omits trailing zeros: "1m", "1h30m".
 *
 * @internal
 */
export function shortGoDuration(milliseconds: number): string {
  return goDuration(milliseconds).replace(/m0s$/, 'm').replace(/h0m$/, 'h');
}
