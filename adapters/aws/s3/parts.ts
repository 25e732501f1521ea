/** Cuts a stream into pieces of `size` bytes; the last may be shorter, and is empty where the stream is. */
export async function* parts(body: ReadableStream<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  let given = 0;
  for await (let chunk of body) {
    while (bytes + chunk.length > size) {
      const room = size - bytes;
      yield Buffer.concat([...pieces, chunk.subarray(0, room)]);
      given++;
      chunk = chunk.subarray(room);
      pieces = [];
      bytes = 0;
    }
    pieces.push(chunk);
    bytes += chunk.length;
  }
  if (bytes > 0 || given === 0) yield Buffer.concat(pieces);
}
