import { RemovalPolicy } from "aws-cdk-lib";
import { type CfnStage, HttpApi, HttpMethod, HttpRoute, HttpRouteKey } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import type { Function as LambdaFn } from "aws-cdk-lib/aws-lambda";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { acknowledge } from "../acknowledge.ts";
import type { Settings } from "../settings.ts";

/** What is logged of a request: nothing that is signed or secret. */
const LOGGED = {
  time: "$context.requestTime",
  id: "$context.requestId",
  method: "$context.httpMethod",
  status: "$context.status",
  ip: "$context.identity.sourceIp",
  ms: "$context.responseLatency",
  bytes: "$context.responseLength",
};

/** The one door of the service: three routes for machines, all else is the Batch API. */
export class ServiceApi extends Construct {
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, settings: Pick<Settings, "logRetentionDays" | "keepData" | "service">) {
    super(scope, id);
    this.api = new HttpApi(this, "Http", { apiName: settings.service, createDefaultStage: true });
    const log = new LogGroup(this, "Requests", {
      retention: settings.logRetentionDays as RetentionDays,
      removalPolicy: settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const stage = this.api.defaultStage?.node.defaultChild as CfnStage;
    stage.accessLogSettings = { destinationArn: log.logGroupArn, format: JSON.stringify(LOGGED) };
  }

  route(api: LambdaFn, registration: LambdaFn): void {
    const machines = new HttpLambdaIntegration("Machines", registration);
    const routes = ["/shoal/nodes", "/shoal/nodes/agent", "/shoal/nodes/outputs"].flatMap((path) =>
      this.api.addRoutes({ path, methods: [HttpMethod.POST], integration: machines }),
    );
    const integration = new HttpLambdaIntegration("Api", api);
    routes.push(new HttpRoute(this, "All", { httpApi: this.api, routeKey: HttpRouteKey.DEFAULT, integration }));
    for (const route of routes) {
      acknowledge(route, {
        "AwsSolutions-APIG4": "Each request is signed (Shared Key), or shows an identity document that AWS signed; the function checks it.",
      });
    }
  }
}
