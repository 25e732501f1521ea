import { describe, expect, it } from "vitest";
import type { ContainerSettings } from "../../../core/domain/specs.ts";
import { contain } from "../../../node-agent/container.ts";
import { programNotFound, TaskFailure } from "../../../node-agent/failures.ts";

const directories = { directory: "/node/workitems/j/job-1/t", working: "/node/workitems/j/job-1/t/wd", stdout: "/o", stderr: "/e" };
const env = { PATH: "/bin", HOME: "/h", AZ_BATCH_TASK_ID: "t", OWN: "x y" };

function diskWith(...engines: string[]) {
  return {
    root: "/node",
    shared: "/node/shared",
    startup: "/node/startup",
    mounts: "/node/fsmounts",
    findProgram: (name: string) => {
      if (!engines.includes(name)) throw new TaskFailure(programNotFound(name));
      return `/usr/bin/${name}`;
    },
  };
}
const wrap = (settings: Parameters<typeof contain>[1]["settings"], ...engines: string[]) =>
  contain(diskWith(...engines), { settings, argv: ["run.sh", "a b"], name: "shoal-1", env, directories });

describe("a task in a container", () => {
  it("is run by docker, in its own directory, with the node's directories and its environment", () => {
    expect(wrap({ imageName: "ubuntu:22.04", containerRunOptions: "--cpus 2 --label 'a b'" }, "docker", "podman")).toEqual({
      file: "/usr/bin/docker",
      argv: [
        ...["docker", "run", "--rm", "--name", "shoal-1", "--volume", "/node:/node", "--workdir", directories.working],
        ...["--env", "AZ_BATCH_TASK_ID", "--env", "OWN", "--cpus", "2", "--label", "a b", "ubuntu:22.04", "run.sh", "a b"],
      ],
      end: ["docker", "rm", "--force", "shoal-1"],
    });
  });

  it("is run by podman where that is what the node has, and in the image's directory where it asks for that", () => {
    const { file, argv } = wrap({ imageName: "i", workingDirectory: "containerImageDefault" }, "podman");
    expect(file).toBe("/usr/bin/podman");
    expect(argv).not.toContain("--workdir");
  });

  it("sees those of the node's directories that it asks for, where they are there, and none for none", () => {
    const mounted = (containerHostBatchBindMounts: ContainerSettings["containerHostBatchBindMounts"] = []) => {
      const { argv } = wrap({ imageName: "i", containerHostBatchBindMounts }, "docker");
      return argv.filter((_, index) => argv[index - 1] === "--volume");
    };
    expect(mounted()).toEqual([]);
    expect(
      mounted([{ source: "Shared", isReadOnly: true }, { source: "Task" }, { source: "JobPrep" }, { source: "Applications" }]),
    ).toEqual([
      "/node/shared:/node/shared:ro",
      `${directories.directory}:${directories.directory}`,
      "/node/applications:/node/applications",
    ]);
  });

  it("has its image fetched with the registry's password before, which stands in no argument and no environment", () => {
    const registry = { registryServer: "r.example", username: "me", password: "geheim" };
    const { argv, end, fetch } = wrap({ imageName: "r.example/i:1", registry }, "docker");
    expect(fetch).toEqual({ engine: "docker", image: "r.example/i:1", registry });
    expect(JSON.stringify([argv, end])).not.toContain("geheim");
  });

  it("takes the registry of its pool that its image is in, where it names none", () => {
    const registries = [
      { username: "hub", password: "h" },
      { registryServer: "https://r.example:5000/", username: "me", password: "p" },
    ];
    const of = (imageName: string) =>
      contain(diskWith("docker"), { settings: { imageName }, argv: [], name: "n", env, directories, registries }).fetch?.registry?.username;
    expect([of("r.example:5000/a/b"), of("ubuntu:22.04"), of("library/ubuntu"), of("other.example/i")]).toEqual([
      "me",
      "hub",
      "hub",
      undefined,
    ]);
  });

  it("fails, and says what is missing, on a node that has neither", () => {
    expect(() => wrap({ imageName: "i" })).toThrow(/neither docker nor podman/);
  });

  it("fails where its options cannot be read", () => {
    expect(() => wrap({ imageName: "i", containerRunOptions: "--label 'a" }, "docker")).toThrow(/containerRunOptions/);
  });
});
