/** The longest that a timer of the runtime can be; a longer one would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Calls back once after so many milliseconds, however many. Answers what cancels it. */
export function afterMs(ms: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (left: number): void => {
    timer = setTimeout(() => (left > LONGEST_MS ? wait(left - LONGEST_MS) : callback()), Math.min(left, LONGEST_MS));
  };
  wait(ms);
  return () => clearTimeout(timer);
}
