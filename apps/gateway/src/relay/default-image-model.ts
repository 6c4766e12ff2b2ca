import { GatewayError } from '#contract';
import type { WireRequest } from '#contract';

/** OpenAI has a model of its own for an image call that names none: here the operator says which. */
export class DefaultImageModel {
  constructor(private readonly name: string | undefined) {}

  /** The request, with a model. @throws GatewayError where it names none and there is no default */
  complete<Wire extends WireRequest>(request: Wire): Wire {
    const given = request.value.model as string | null | undefined;
    if (typeof given === 'string') return request;
    if (this.name === undefined) {
      const message = "Missing required parameter: 'model'. This gateway has no default image model.";
      throw new GatewayError('missing_required_parameter', { param: 'model', message });
    }
    return { ...request, value: { ...request.value, model: this.name } };
  }
}
