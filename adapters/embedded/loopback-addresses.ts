/** 127.0.0.2 is the first: 127.0.0.1 is everybody's. */
const FIRST = 2;
const LAST = 0xfffffe;

/** The lowest loopback address that is not taken. On macOS, where only 127.0.0.1 exists, all share that one. */
export function freeLoopbackAddress(taken: ReadonlySet<string>, platform: NodeJS.Platform = process.platform): string {
  if (platform === "darwin") return "127.0.0.1";
  for (let host = FIRST; host <= LAST; host++) {
    const address = `127.${host >> 16}.${(host >> 8) & 255}.${host & 255}`;
    if (!taken.has(address)) return address;
  }
  throw new Error("Every loopback address is taken.");
}
