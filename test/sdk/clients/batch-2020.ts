import type { Account, Answer, Client } from "./client.ts";
import { momentDuration, momentMilliseconds, type OldResponse, oldAnswer, oldMethod, oldModel, oldService } from "./old-client.ts";

/** What answers with a stream. By promise the client hands it over when its beginning may have gone by: callbacks get all of it. */
const STREAMED = /^getFrom/;

/** `azure-batch` 9: promises; the response itself only by the methods' longer names. */
export function batch2020(account: Account): Client {
  const service = oldService("azure-batch", account);
  return {
    version: "2020-03-01.11.0",
    year: 2020,
    call: async (group, method, ...parameters) => {
      if (STREAMED.test(method)) return streamed(oldMethod(service, group, method), parameters);
      const operation = oldMethod(service, group, `${method}WithHttpOperationResponse`);
      const { body, response } = (await operation(...parameters)) as { body: unknown; response: OldResponse };
      return oldAnswer(body, response);
    },
    model: (name) => oldModel(service.models, name),
    duration: (iso) => momentDuration("azure-batch", iso),
    milliseconds: momentMilliseconds,
  };
}

function streamed(operation: (...parameters: unknown[]) => unknown, parameters: readonly unknown[]): Promise<Answer> {
  const [parent, child, path, options = {}] = parameters;
  return new Promise<Answer>((resolve, reject) => {
    operation(parent, child, path, options, (error: Error | null, stream: OldResponse) => {
      if (error) reject(error);
      else oldAnswer(stream, stream).then(resolve, reject);
    });
  });
}
