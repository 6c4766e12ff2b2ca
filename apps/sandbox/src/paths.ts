/** What a path asks for. */
export interface Asked {
  /** `chat/completions`, `images/edits`, `models`, … */
  readonly operation: string;
  /** The model, where the path names it, as Azure's older shape does. */
  readonly deployment?: string;
}

const DEPLOYMENT = /^\/openai\/deployments\/([^/]+)\/(.+)$/;
const PREFIX = /^\/(?:openai\/)?(?:v1\/)?/;

/** `/v1/…`, `/…`, and both of Azure's shapes: `/openai/v1/…` and `/openai/deployments/{model}/…`. */
export function readPath(path: string): Asked {
  const [, deployment, operation] = DEPLOYMENT.exec(path) ?? [];
  if (deployment !== undefined && operation !== undefined)
    return { operation, deployment: decodeURIComponent(deployment) };
  return { operation: path.replace(PREFIX, '') };
}
