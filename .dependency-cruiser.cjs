/** Arrows point one way: see docs/architecture.md. */
const rule = (name, from, to, comment) => ({ name, severity: "error", comment, from, to });
module.exports = {
  forbidden: [
    rule("no-cycles", {}, { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } }, "a cycle has no bottom to start reading at"),
    rule(
      "core-is-pure",
      { path: "^core/" },
      { path: "^(adapters|lambdas|local|node-agent|cdk|test|bench|demo)/" },
      "core knows ports, not adapters",
    ),
    rule(
      "core-has-no-sdk",
      { path: "^core/" },
      { dependencyTypes: ["core"], pathNot: "^(node:)?crypto$" },
      "core has no file system, network or process",
    ),
    rule(
      "core-libraries",
      { path: "^core/" },
      { dependencyTypes: ["npm"], pathNot: "node_modules/hono/" },
      "core uses hono in its API, nothing else",
    ),
    rule(
      "domain-is-the-bottom",
      { path: "^core/(domain|ports|protocol)/" },
      { path: "^core/(api|services|scheduling)/" },
      "the domain knows nobody",
    ),
    rule(
      "planning-is-pure",
      { path: "^core/scheduling/" },
      { path: "^core/(api|services)/" },
      "planning takes a snapshot and gives a plan",
    ),
    rule("services-below-api", { path: "^core/services/" }, { path: "^core/api/" }, "services do not know HTTP"),
    rule(
      "adapters-implement-ports",
      { path: "^adapters/" },
      { path: "^core/(api|services|scheduling)/" },
      "adapters know ports and domain words",
    ),
    rule(
      "lambdas-compose",
      { path: "^lambdas/", pathNot: "^lambdas/(compose|compose-registration|fleet)\\.ts$" },
      { path: "^(adapters|local|node-agent|cdk)/" },
      "of the functions' files, only the composition root knows adapters",
    ),
    rule(
      "agent-knows-the-protocol",
      { path: "^node-agent/", pathNot: "^node-agent/ec2/main\\.ts$" },
      { path: "^(core/(api|services|scheduling|ports)|adapters|local|lambdas)/" },
      "the agent shares only the protocol",
    ),
    rule(
      "agent-on-ec2-composes",
      { path: "^node-agent/ec2/main\\.ts$" },
      { path: "^(core/(api|services|scheduling)|adapters|local|lambdas)/", pathNot: "^adapters/embedded/disk-node-files\\.ts$" },
      "the agent on EC2 serves its own files, as the disk adapter does",
    ),
    rule(
      "cdk-deploys",
      { path: "^cdk/" },
      { path: "^(core|adapters|local|node-agent)/" },
      "the stack knows what the functions are told, not what they do",
    ),
  ],
  options: {
    parser: "swc",
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: [".ts", ".mjs", ".js"] },
  },
};
