import { expect } from "vitest";
import type { Account, Answer, Client, Doc } from "../clients/index.ts";
import { wire } from "../clients/index.ts";
import { expectConforms } from "../conforms.ts";
import { type Forms, formsOf } from "./forms.ts";

/** One client at one server, with a pool and a job of its own; asked for inside tests alone, as the server starts before them. */
export interface Scene {
  readonly client: Client;
  readonly server: Account;
  readonly forms: Forms;
  readonly poolId: string;
  readonly jobId: string;
}

export function sceneOf(client: Client, server: Account): Scene {
  return { client, server, forms: formsOf(client), poolId: `Pool-${client.year}`, jobId: `Job-${client.year}` };
}

/** The document of a get, held to the client's model; its headers say what it says. Without `odata.metadata`. */
export function one(scene: Scene, answer: Answer, model: string, set: string): Doc {
  const { "odata.metadata": metadata, ...doc } = wire(answer);
  expect(answer.status).toBe(200);
  expect(metadata).toBe(`${scene.server.url}/$metadata#${set}/@Element`);
  expect(answer.header("content-type")).toBe("application/json;odata=minimalmetadata");
  if (doc.eTag !== undefined) {
    expect(answer.header("etag")).toBe(doc.eTag);
    expect(Date.parse(answer.header("last-modified") ?? "")).toBe(Math.floor(Date.parse(doc.lastModified as string) / 1000) * 1000);
  }
  expectConforms(scene.client, model, doc, answer.value);
  return doc;
}

/** The documents of a page, likewise. */
export function many(scene: Scene, answer: Answer, model: string, set: string): Doc[] {
  const { "odata.metadata": metadata, value } = wire(answer);
  expect(answer.status).toBe(200);
  expect(metadata).toBe(`${scene.server.url}/$metadata#${set}`);
  const docs = value as Doc[];
  docs.forEach((doc, index) => {
    expectConforms(scene.client, model, doc, (answer.value as unknown[])[index]);
  });
  return docs;
}

/** An accepted change: its status, no body, and the headers of Azure's. */
export function expectActed(scene: Scene, answer: Answer, status: 200 | 201 | 202 | 204, path: string): void {
  expect(answer.status).toBe(status);
  expect(answer.text).toBe("");
  expect(answer.header("dataserviceid")).toBe(scene.server.url + path);
  expect(answer.header("dataserviceversion")).toBe("3.0");
  expect(answer.header("request-id")).toMatch(/\S/);
  expect(answer.header("location")).toBe(status === 201 ? scene.server.url + path : undefined);
}

/** Every page that the client finds by following the service's links, one after another. */
export async function pages(scene: Scene, group: Parameters<Client["call"]>[0], first: Answer, method = "listNext"): Promise<Answer[]> {
  const all = [first];
  for (let link = wire(first)["odata.nextLink"]; link !== undefined; ) {
    expect(all.length).toBeLessThan(100);
    const next = await scene.client.call(group, method, link as string);
    all.push(next);
    link = wire(next)["odata.nextLink"];
  }
  return all;
}
